import type { LostEndpoint } from "../../../cli/docker/endpoints";
import type { PlanJson } from "../../../cli/plan/plan-json";
import { summarizePlan } from "../../../cli/plan/summarize-plan";
import { withLostEndpoints } from "../../../cli/terraform/engine-endpoints";

const lost = (changes: Partial<LostEndpoint> = {}): LostEndpoint => ({
  network: "n1",
  networkName: "team-edge",
  aliases: ["litellm"],
  address: undefined,
  container: "team-gateway",
  containerId: "c1",
  isConnected: false,
  ...changes,
});

const plan = (actions: string[]): PlanJson => {
  const values = {
    id: "c1",
    name: "team-gateway",
    labels: [{ label: "sluice.platform", value: "team" }],
    networks_advanced: [
      { name: "n1", aliases: ["litellm"], ipv4_address: "" },
      { name: "n2", aliases: [], ipv4_address: "" },
    ],
  };
  const network = (id: string, name: string) => ({
    address: `docker_network.${name}`,
    type: "docker_network",
    values: { id, name },
  });
  return {
    format_version: "1.2",
    prior_state: {
      values: { root_module: { resources: [network("n1", "team-edge"), network("n2", "team-data")] } },
    },
    resource_changes: [
      {
        address: "docker_container.gateway",
        type: "docker_container",
        change: { actions, before: values, after: values },
      },
    ],
  };
};
const told = (value: PlanJson) =>
  summarizePlan(value).changes.map(({ action, details }) => [action, details[0]?.text]);

describe("connections that containers have lost", () => {
  it("are a change in place of a container that stays", () => {
    const result = withLostEndpoints(plan(["no-op"]), [lost(), lost({ containerId: "another" })]);
    expect(told(result.plan)).toEqual([["update", "networks team-data → team-data, team-edge"]]);
    expect(result.lost).toEqual([lost()]);
  });

  it("are told where a container is connected under other names", () =>
    expect(told(withLostEndpoints(plan(["no-op"]), [lost({ isConnected: true })]).plan)).toEqual([
      ["update", "networks team-data, team-edge: reattached"],
    ]));

  it("are left alone for a replaced container", () => {
    const anew = plan(["delete", "create"]);
    expect(withLostEndpoints(anew, [lost()])).toEqual({ plan: anew, lost: [] });
  });
});
