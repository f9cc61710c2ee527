import { deployedServices } from "../../constructs/deployed-services";
import { SERVICES } from "../../constructs/service-catalog";
import { platformConfig } from "../support/platform-fixture";

const names = (yaml: string) => deployedServices(platformConfig(yaml)).map(({ name }) => name);

it("are all services, unless platform.yaml leaves one out", () => {
  expect(names("")).toEqual(SERVICES.map(({ name }) => name));
  expect(names("coder: { enabled: false }")).toEqual([
    "gateway",
    "key-provisioner",
    "postgres",
    "workspace-firewall",
  ]);
  expect(names("networks: { workspaces: { isolation: none } }")).not.toContain("workspace-firewall");
});
