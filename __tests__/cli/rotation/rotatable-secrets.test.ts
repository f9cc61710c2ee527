import { findRotatable, rotatableSecrets } from "../../../cli/rotation/rotatable-secrets";
import { SECRETS } from "../../../constructs/secret-catalog";
import { platformConfig } from "../../support/platform-fixture";

const config = platformConfig();

it("is every secret that a service reads, and every provider's credential", () => {
  const read = Object.entries(SECRETS).filter(([, { isDelivered }]) => isDelivered);
  expect(read.length).toBeLessThan(Object.keys(SECRETS).length);
  expect(rotatableSecrets(config).map(({ name }) => name)).toEqual([
    ...read.map(([name]) => name),
    "ANTHROPIC_API_KEY",
  ]);
});

it("leaves out those of services that the platform does not have", () => {
  const names = rotatableSecrets(platformConfig("coder: { enabled: false }")).map(({ name }) => name);
  expect(names).not.toContain("coder_database_password");
  expect(names).toContain("gateway_master_key");
});

it.each(["gateway_master_key", "gateway-master-key", "GATEWAY_MASTER_KEY"])("finds %s", (name) => {
  expect(findRotatable(name, config).variable).toBe("gateway_master_key");
});

it("names those there are", () => {
  expect(() => findRotatable("master", config)).toThrow(
    /master is no secret of this platform\n.*it is one of: .*gateway_master_key.*, ANTHROPIC_API_KEY/,
  );
});
