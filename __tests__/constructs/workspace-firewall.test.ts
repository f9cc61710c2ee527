import { loadConfig } from "../../services/workspace-firewall/config";
import { resourceAt, synthesizePlatform } from "../support/platform-fixture";

type Attachment = { name: string; ipv4_address?: string };

const PATH = "sluice/workspace-firewall/server";
const firewall = (yaml = "") => resourceAt(synthesizePlatform(yaml), "docker_container", PATH);
const environment = (yaml = "") =>
  Object.fromEntries(
    (firewall(yaml)["env"] as string[]).map((line) => line.split("=", 2) as [string, string]),
  );

describe("the workspace firewall", () => {
  it("has of the host its network, and of capabilities the one for it", () => {
    expect(firewall()).toMatchObject({
      network_mode: "host",
      capabilities: { drop: ["ALL"], add: ["CAP_NET_ADMIN"] },
      read_only: true,
      ports: [],
      volumes: [],
      upload: [],
    });
  });

  it("is told what the services have: addresses and ports, in a form that it accepts", () => {
    const stack = synthesizePlatform();
    const addressOf = (path: string) =>
      (resourceAt(stack, "docker_container", path)["networks_advanced"] as Attachment[]).find(({ name }) =>
        name.includes("workspaces"),
      )?.ipv4_address;
    const config = loadConfig(environment());
    expect(config.services).toEqual([
      `${addressOf("sluice/coder/server")}:7080`,
      `${addressOf("sluice/gateway/server")}:4000`,
      `${addressOf("sluice/key-provisioner/server")}:8100`,
    ]);
    expect(config).toMatchObject({ allow: [], internet: true });
  });

  it("is told what platform.yaml allows", () => {
    const yaml =
      "networks: { workspaces: { subnet: 10.80.1.0/24, internet: false, allow: [10.9.0.0/16, 10.8.1.1/32] } }";
    expect(loadConfig(environment(yaml))).toMatchObject({
      subnet: "10.80.1.0/24",
      services: ["10.80.1.4:7080", "10.80.1.2:4000", "10.80.1.3:8100"],
      internet: false,
      allow: ["10.9.0.0/16", "10.8.1.1/32"],
    });
  });

  it("is healthy before a service of ours joins the network", () => {
    const stack = synthesizePlatform();
    for (const path of ["sluice/gateway/server", "sluice/key-provisioner/server"]) {
      expect(resourceAt(stack, "docker_container", path)["depends_on"]).toContainEqual(
        expect.stringContaining("docker_container.sluice_workspace-firewall_server"),
      );
    }
  });

  it("is about a bridge whose name and addresses stay", () => {
    const { bridge, subnet } = loadConfig(environment());
    const network = Object.values(synthesizePlatform().resource["docker_network"] ?? {}).find(
      ({ name }) => name === "sluice-workspaces",
    );
    expect(network).toMatchObject({
      options: { "com.docker.network.bridge.name": bridge },
      ipam_config: [expect.objectContaining({ subnet })],
      labels: [{ label: "sluice.platform", value: "sluice" }],
    });
  });

  it("knows nothing of Coder where there is none", () => {
    expect(loadConfig(environment("coder: { enabled: false }")).services.join()).not.toContain(":7080");
  });

  it("is left out with isolation: none, together with its image", () => {
    const stack = synthesizePlatform("networks: { workspaces: { isolation: none } }");
    expect(JSON.stringify(stack.resource)).not.toContain("workspace-firewall");
  });
});
