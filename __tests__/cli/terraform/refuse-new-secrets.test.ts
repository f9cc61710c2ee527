import { type ExistingPlatform, refuseNewSecrets } from "../../../cli/terraform/refuse-new-secrets";
import { readState } from "../../../cli/terraform/state";
import { SECRETS } from "../../../constructs/secret-catalog";
import { standInDocker } from "../../support/stand-in-docker";
import { stateContainer, stateText, writeState } from "../../support/state-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

const ALL = Object.keys(SECRETS);
const DATA = ["team-gateway-journal", "team-postgres-data"];
const planned = { name: "team", dataVolumes: DATA };

describe("refuseNewSecrets", () => {
  const path = process.env["PATH"];
  afterEach(() => {
    process.env["PATH"] = path;
  });

  /** A home from which `services` are deployed. */
  function existing(services: readonly string[], outputs = {}): ExistingPlatform {
    const home = temporaryFolder();
    if (services.length > 0)
      writeState(
        home,
        stateText(
          services.map((service) => stateContainer("team", service)),
          outputs,
        ),
      );
    return { home, deployed: readState(home), last: undefined, planned };
  }
  function refuse(
    missing: readonly string[],
    isLost: boolean,
    platform: ExistingPlatform,
    volumes: string[] | "unreachable" = [],
  ) {
    process.env["PATH"] = standInDocker(volumes);
    return refuseNewSecrets(missing, isLost, platform);
  }

  it("asks nobody when nothing is missing", async () => {
    await expect(refuse([], false, existing(["gateway"]), "unreachable")).resolves.toBeUndefined();
  });

  it("lets the first ones be made, and says when it could not look for data", async () => {
    await expect(refuse(ALL, true, existing([]))).resolves.toBeUndefined();
    await expect(refuse(ALL, true, existing([]), "unreachable")).resolves.toContain("Cannot connect");
  });

  it("names file, state and backup when all are lost while the platform is deployed", async () => {
    const platform = existing(["gateway", "postgres"]);
    const refused = refuse(ALL, true, platform);
    await expect(refused).rejects.toThrow(
      `there are no secrets in ${platform.home}/secrets.tfvars.json, but team is deployed (${platform.home}/state/platform.tfstate)`,
    );
    await expect(refused).rejects.toThrow(`→ restore ${platform.home}/secrets.tfvars.json from your backup`);
    await expect(refused).rejects.not.toThrow("--recover-from-state");
  });

  it("lets one be made that the deployed version did not have", async () => {
    const { gateway_provisioner_token: _, ...value } = Object.fromEntries(ALL.map((name) => [name, "x"]));
    const platform = existing(["gateway", "key-provisioner"], { secrets: { value, sensitive: true } });
    await expect(refuse(["gateway_provisioner_token"], false, platform)).resolves.toBeUndefined();
    await expect(refuse(["gateway_master_key"], false, platform)).rejects.toThrow("exist: gateway");
  });

  it("offers the state's values where it has all that are missing", async () => {
    const value = Object.fromEntries(ALL.map((name) => [name, "planted"]));
    const outputs = { secrets: { value, sensitive: true } };
    const refused = refuse(ALL, true, existing(["gateway"], outputs));
    await expect(refused).rejects.toThrow("npm run sluice -- init --recover-from-state");
    await expect(refused).rejects.not.toThrow("planted");
  });

  it("names the data that the lost ones open, also of another home's platform", async () => {
    const refused = refuse(ALL, true, existing([]), ["team-postgres-data"]);
    await expect(refused).rejects.toThrow("but there are data volumes: team-postgres-data. New secrets");
    await expect(refused).rejects.toThrow(
      "if the volumes are another platform's, give this one another name",
    );
  });

  it.each<[string, string, string[], string[]]>([
    ["whose service is deployed", "gateway_master_key", ["gateway", "postgres"], []],
    ["whose service has data", "postgres_superuser_password", [], ["team-postgres-data"]],
  ])("refuses one that is missing %s", async (_what, name, services, volumes) => {
    await expect(refuse([name], false, existing(services), volumes)).rejects.toThrow(
      `lacks ${name}, but the services that know it exist: ${SECRETS[name]?.service}`,
    );
  });

  it("lets the secret of a new service be made beside those that are deployed", async () => {
    const platform = existing(["postgres"]);
    await expect(refuse(["gateway_master_key"], false, platform)).resolves.toBeUndefined();
  });
});
