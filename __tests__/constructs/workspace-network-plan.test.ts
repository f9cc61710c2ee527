import { planWorkspaceNetwork } from "../../constructs/workspace-network-plan";

describe("the plan of the workspaces network", () => {
  it("is the same for a name at all times: rules and running workspaces depend on it", () => {
    expect(planWorkspaceNetwork("sluice")).toEqual({
      bridge: "sluice-0f5aec3c",
      subnet: "10.204.176.0/20",
      gateway: "10.204.176.1",
      memberRange: "10.204.184.0/21",
      serviceAddress: expect.any(Function),
    });
  });

  it("halves a subnet: services below, workspaces above", () => {
    expect(planWorkspaceNetwork("sluice", "10.80.1.0/28")).toMatchObject({
      subnet: "10.80.1.0/28",
      gateway: "10.80.1.1",
      memberRange: "10.80.1.8/29",
    });
    expect(planWorkspaceNetwork("sluice", "172.30.0.0/16")).toMatchObject({ memberRange: "172.30.128.0/17" });
  });

  it("gives services fixed addresses in the lower half, and none outside of it", () => {
    const { serviceAddress } = planWorkspaceNetwork("sluice", "10.80.1.0/28");
    expect([2, 3].map(serviceAddress)).toEqual(["10.80.1.2", "10.80.1.3"]);
    for (const place of [1, 8]) expect(() => serviceAddress(place)).toThrow("is not in the lower half");
  });

  it("takes the subnet of an address that is inside of it", () => {
    expect(planWorkspaceNetwork("sluice", "10.80.1.77/24")).toMatchObject({ subnet: "10.80.1.0/24" });
  });

  it("keeps platforms apart, in names that interfaces may have and in 10.200.0.0 to 10.249.255.255", () => {
    const plans = Array.from({ length: 300 }, (_, index) => planWorkspaceNetwork(`platform-${index}`));
    for (const { bridge, subnet } of plans) {
      expect(bridge).toMatch(/^sluice-[0-9a-f]{8}$/);
      expect(subnet).toMatch(/^10\.2[0-4]\d\.\d+\.0\/20$/);
    }
    expect(new Set(plans.map(({ bridge }) => bridge)).size).toBe(300);
    expect(new Set(plans.map(({ subnet }) => subnet)).size).toBeGreaterThan(220);
  });
});
