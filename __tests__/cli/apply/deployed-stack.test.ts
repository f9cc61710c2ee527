import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  forgetDeployedStack,
  keepDeployedStack,
  restoreDeployedStack,
} from "../../../cli/apply/deployed-stack";
import { temporaryFolder } from "../../support/temporary-folder";

const image = (tag: string) => ({
  name: `sluice/gateway:${tag}`,
  build: [{ context: "." }],
  depends_on: ["docker_image.node"],
});
const stack = (tag: string, retention: string, path = "state") => ({
  terraform: { backend: { local: { path } } },
  resource: {
    docker_image: { gateway: image(tag), node: { name: "node:22" } },
    docker_container: {
      gateway: {
        image: "${docker_image.gateway.image_id}",
        env: [retention],
        depends_on: ["docker_network.edge"],
      },
    },
    docker_network: { edge: { name: "sluice-edge" } },
  },
});
const state = (id: string) => [
  { address: "docker_image.gateway", type: "docker_image", attributes: { image_id: id } },
  { address: "docker_image.node", type: "docker_image", attributes: { image_id: "sha256:node" } },
  { address: "docker_container.gateway", type: "docker_container", attributes: { id: "c1" } },
];

describe("the deployed stack", () => {
  let home: string;
  let folder: string;
  const write = (value: object) => writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(value));
  const read = () => JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8"));

  beforeEach(() => {
    home = temporaryFolder();
    folder = join(temporaryFolder(), "platform");
    mkdirSync(folder);
    write(stack("old", "365d"));
    keepDeployedStack(home, folder, state("sha256:old"));
  });

  it("is kept for the user alone", () => {
    expect(statSync(join(home, "deployed")).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, "deployed/cdk.tf.json")).mode & 0o777).toBe(0o600);
  });

  it("tells which credentials are no longer declared, and never a generated secret", () => {
    const declaring = (...names: string[]) => ({
      ...stack("new", "365d"),
      variable: {
        ...Object.fromEntries(names.map((name) => [name, { default: "", sensitive: true }])),
        ...(names.length > 1 ? { redis_password: { sensitive: true } } : {}),
      },
    });
    write(declaring("anthropic_api_key", "team_api_key"));
    expect(keepDeployedStack(home, folder, [])).toEqual([]);
    write(declaring("team_api_key"));
    expect(keepDeployedStack(home, folder, [])).toEqual(["anthropic_api_key"]);
    expect(keepDeployedStack(home, folder, [])).toEqual([]);
  });

  it("comes back with the images that ran, and builds nothing", () => {
    write(stack("new", "400d", "elsewhere"));
    expect(restoreDeployedStack(home, folder, state("sha256:new"))).toBe("restored");
    const { terraform, resource } = read();
    expect(resource.docker_container.gateway).toEqual({
      image: "sha256:old",
      env: ["365d"],
      depends_on: ["docker_network.edge"],
    });
    // Those of the stack that failed: they are in the state, and so no change.
    expect(resource.docker_image.gateway).toEqual(image("new"));
    expect(terraform.backend.local.path).toBe("elsewhere");
  });

  it("leaves out images that could not be made", () => {
    write(stack("new", "400d"));
    restoreDeployedStack(home, folder, state("sha256:new").slice(2));
    expect(read().resource.docker_image).toEqual({});
  });

  it("is nothing to go back to when it is the same, or there is none", () => {
    expect(restoreDeployedStack(home, folder, state("sha256:old"))).toBe("same");
    expect(restoreDeployedStack(temporaryFolder(), folder, state("sha256:old"))).toBe("none");
    forgetDeployedStack(home);
    expect(restoreDeployedStack(home, folder, state("sha256:old"))).toBe("none");
  });
});
