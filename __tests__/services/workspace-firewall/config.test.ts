import { loadConfig } from "../../../services/workspace-firewall/config";

const GOOD = { BRIDGE: "sluice-0a1b2c3d", SUBNET: "10.200.16.0/20" };

describe("the configuration of the workspace firewall", () => {
  it("is what the environment says", () => {
    expect(
      loadConfig({
        ...GOOD,
        SERVICES: "10.200.16.2:4000,10.200.16.3:8100",
        ALLOW: "10.9.0.0/16",
        INTERNET: "false",
      }),
    ).toEqual({
      bridge: "sluice-0a1b2c3d",
      subnet: "10.200.16.0/20",
      services: ["10.200.16.2:4000", "10.200.16.3:8100"],
      allow: ["10.9.0.0/16"],
      internet: false,
      logLevel: "info",
    });
  });

  it("lets nothing in that is not named", () => {
    expect(loadConfig(GOOD)).toMatchObject({ services: [], allow: [], internet: true });
  });

  it.each([
    [{ BRIDGE: undefined }, "BRIDGE: must be the name of the bridge"],
    [{ BRIDGE: 'sluice"; accept' }, "BRIDGE: must be sluice- and 8 hexadecimal digits"],
    [{ SUBNET: "10.200.16.0" }, "SUBNET: must be an IPv4 subnet"],
    [{ SUBNET: "10.200.300.0/20" }, "SUBNET: must be an IPv4 subnet"],
    [{ SERVICES: "10.200.16.2:4000,gateway:4000" }, "SERVICES.1: must be address:port"],
    [{ SERVICES: "10.200.16.2:70000" }, "SERVICES.0: must be address:port"],
    [{ ALLOW: "10.9.0.0/33" }, "ALLOW.0: must be IPv4 networks"],
    [{ ALLOW: "10.9.0.0/16 } accept" }, "ALLOW.0: must be IPv4 networks"],
    [{ INTERNET: "yes" }, "INTERNET: must be true or false"],
  ])("refuses %o, which would end up in the rules", (env, message) => {
    expect(() => loadConfig({ ...GOOD, ...env })).toThrow(message);
  });
});
