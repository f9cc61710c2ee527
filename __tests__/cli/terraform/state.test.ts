import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { stateFile } from "../../../cli/sluice-home";
import { readState, stateSecrets } from "../../../cli/terraform/state";
import { stateContainer, stateResource, stateText, writeState } from "../../support/state-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

const network = (name: string) => stateResource("docker_network", "edge", { name, labels: [] });
const volume = (name: string) => stateResource("docker_volume", "files", { name }, "gateway");

/** A home whose state file holds `text`. */
function homeWith(text: string): string {
  const home = temporaryFolder();
  writeState(home, text);
  return home;
}

describe("readState", () => {
  it.each([
    ["there is no home", () => "/nowhere/home"],
    ["there is no state", () => temporaryFolder()],
    ["Terraform has made the file and written nothing yet", () => homeWith("")],
    ["everything is destroyed", () => homeWith(stateText([]))],
  ])("says that nothing is deployed when %s", (_what, home) => {
    expect(readState(home())).toBeUndefined();
  });

  it("tells name, outputs and resources of what is deployed", () => {
    const home = homeWith(
      stateText([stateContainer("team", "gateway"), volume("team-gateway-files")], {
        gateway_url: { value: "http://localhost:4000", type: "string" },
        data_volumes: { value: ["team-postgres-data"], type: ["list", "string"] },
        secrets: { value: { gateway_master_key: "planted" }, type: "map", sensitive: true },
      }),
    );
    expect(readState(home)).toMatchObject({
      file: stateFile(home),
      name: "team",
      outputs: { gateway_url: "http://localhost:4000", data_volumes: ["team-postgres-data"] },
      dataVolumes: ["team-postgres-data"],
    });
    expect(JSON.stringify(readState(home)?.outputs)).not.toContain("planted");
    expect(readState(home)?.resources.map(({ address }) => address)).toEqual([
      "docker_container.sluice_gateway",
      'docker_volume.files["gateway"]',
    ]);
    expect(stateSecrets(home)).toEqual({ gateway_master_key: "planted" });
  });

  it("finds name and data volumes of an apply that was interrupted before its outputs", () => {
    const postgres = stateContainer("team", "postgres", ["team-postgres-data", "team-postgres-files", ""]);
    expect(
      readState(homeWith(stateText([network("team-edge"), postgres, volume("team-postgres-files")]))),
    ).toMatchObject({ name: "team", dataVolumes: ["team-postgres-data"] });
    const early = homeWith(stateText([network("my-team-edge")]));
    expect(readState(early)).toMatchObject({ name: "my-team", dataVolumes: [] });
    expect(stateSecrets(early)).toEqual({});
  });

  it("does not know a name where only images are left", () => {
    expect(readState(homeWith(stateText([stateResource("docker_image", "node", {})])))).toMatchObject({
      name: undefined,
    });
  });

  it.each([
    ["is gone", (file: string) => rmSync(file)],
    ["was emptied by a disk that was full", (file: string) => writeFileSync(file, "")],
  ])("does not take a state that %s for an empty one, when its backup tells of a platform", (_what, lose) => {
    const home = homeWith(stateText([stateContainer("team", "redis")]));
    const file = stateFile(home);
    copyFileSync(file, `${file}.backup`);
    lose(file);
    expect(() => readState(home)).toThrow(`the state ${file} is lost`);
    expect(() => readState(home)).toThrow(`cp ${file}.backup ${file}`);
    expect(() => stateSecrets(home)).toThrow("is lost");
    writeFileSync(`${file}.backup`, stateText([]));
    expect(readState(home)).toBeUndefined();
    writeFileSync(`${file}.backup`, "{");
    expect(readState(home)).toBeUndefined();
  });

  it.each([
    ["half a file", '{"version": 4, "resou'],
    ["another version", '{"version": 5}'],
    ["something else", '["a"]'],
    [
      "an encrypted state",
      '{"serial": 1, "lineage": "x", "encrypted_data": "…", "encryption_version": "v0"}',
    ],
  ])("does not take a damaged state for an empty one: %s", (_what, text) => {
    const home = homeWith(text);
    expect(() => readState(home)).toThrow(`the state ${stateFile(home)} is damaged`);
    expect(() => readState(home)).toThrow(/restore it from your backup, or from .*\.backup/);
  });
});
