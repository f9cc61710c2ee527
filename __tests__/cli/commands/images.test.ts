import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { total } from "../../../cli/commands/images";
import { main } from "../../../cli/main";
import { rememberDeployed } from "../../../cli/terraform/last-deployed";
import { readState } from "../../../cli/terraform/state";
import { stateContainer, stateText, writeState } from "../../support/state-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

const image = (Repository: string, Tag: string, ID: string) => ({
  ID,
  Repository,
  Tag,
  UniqueSize: "10MB",
  CreatedAt: "2026-03-10 09:00:00 +0000 UTC",
});

describe("sluice images prune", () => {
  const environment = process.env;
  let out: string;
  let home: string;
  const calls = () => readFileSync(join(home, "calls"), "utf8");

  /** An engine with images of two platforms; a container of somebody uses one of them. */
  beforeEach(() => {
    home = temporaryFolder();
    const folder = temporaryFolder();
    const images = {
      Images: [
        image("team/gateway", "0123456789ab", "sha256:1"),
        image("team/key-provisioner", "0123456789ab", "sha256:2"),
        image("other/gateway", "0123456789ab", "sha256:3"),
        image("team/workspace", "0123456789ab", "sha256:4"),
      ],
    };
    writeFileSync(join(folder, "images"), JSON.stringify(images));
    const script = `#!/bin/sh
echo "$*" >> ${home}/calls
case "$1 $2" in
  "system df") cat ${folder}/images ;;
  ps*) echo 1 ;;
  "container inspect") echo '[{"Id":"1","Name":"/x","Image":"sha256:2"}]' ;;
esac
`;
    writeFileSync(join(folder, "docker"), script);
    chmodSync(join(folder, "docker"), 0o755);
    process.env = {
      ...environment,
      SLUICE_HOME: home,
      SLUICE_CONFIG: "/nonexistent.yaml",
      PATH: `${folder}:${environment["PATH"]}`,
      DOCKER_CONTEXT: "stand-in",
    };
    out = "";
    for (const method of ["log", "error"] as const)
      jest.spyOn(console, method).mockImplementation((...[text]: unknown[]) => {
        out += `${text}\n`;
      });
  });
  afterEach(() => {
    process.env = environment;
    jest.restoreAllMocks();
  });

  it("removes, after a destroy, what this platform built and no container uses", async () => {
    writeState(home, stateText([stateContainer("team", "redis")]));
    rememberDeployed(home, readState(home));
    writeState(home, stateText([]));
    expect(await main(["images", "prune", "--yes"])).toBe(0);
    expect(out).toContain("1 image removed");
    expect(calls()).toContain("image rm team/gateway:0123456789ab\n");
  });

  it("keeps images of workspaces, which stopped ones start with again, unless it is asked for them", async () => {
    writeState(home, stateText([stateContainer("team", "redis")]));
    rememberDeployed(home, readState(home));
    expect(await main(["images", "prune", "--yes"])).toBe(0);
    expect(calls()).not.toContain("team/workspace");
    expect(await main(["images", "prune", "--yes", "--workspaces"])).toBe(0);
    expect(calls()).toContain("image rm team/gateway:0123456789ab team/workspace:0123456789ab\n");
  });

  it("removes nothing when it cannot be told what is deployed", async () => {
    writeState(home, "{");
    expect(await main(["images", "prune", "--yes"])).toBe(1);
    expect(out).toContain("is damaged");
    expect(calls()).not.toContain("image rm");
  });
});

describe("the total", () => {
  const prunable = (id: string, reference: string, heldBy: string[] = []) => ({
    id,
    reference,
    uniqueBytes: 14_200_000,
    created: "2026-03-10 09:00:00",
    heldBy,
  });

  it("counts an image with two names once", () => {
    const images = [
      prunable("a", "team/gateway:1"),
      prunable("a", "team/gateway:2"),
      prunable("b", "team/gateway:3"),
    ];
    expect(total(images)).toEqual({ count: "2 images", freed: "about 28.4 MB" });
  });

  it("an image that keeps another name stays, and frees nothing", () => {
    const held = prunable("a", "team/gateway:1", ["other/gateway:1"]);
    expect(total([held])).toEqual({ count: "1 name of images that stay", freed: "nothing" });
    expect(total([held, prunable("b", "team/gateway:2")])).toEqual({
      count: "1 image and 1 name of images that stay",
      freed: "about 14.2 MB",
    });
  });
});
