import { readdirSync } from "node:fs";
import { join } from "node:path";
import { PlatformSchema } from "../../constructs/config/schema";
import { SECRETS } from "../../constructs/secret-catalog";
import { BASE_IMAGES, SERVICES } from "../../constructs/service-catalog";
import { hostPorts, settingName } from "../../constructs/service-definition";
import { importsOf, PROJECT, sourceFiles } from "../support/source-files";

const unique = (values: readonly unknown[]) => expect(new Set(values).size).toBe(values.length);

describe("the services", () => {
  it("are the files of constructs/services", () => {
    const files = readdirSync(join(PROJECT, "constructs/services"));
    expect(SERVICES.map(({ name }) => `${name}.ts`)).toEqual(files.sort());
  });

  it("are read without CDKTF, which takes ten times as long to load", () => {
    const seen = new Set<string>();
    const queue = ["constructs/service-catalog.ts", ...sourceFiles("constructs/services")];
    for (const file of queue) {
      if (seen.has(file)) continue;
      seen.add(file);
      const values = importsOf(file).filter(({ typeOnly }) => !typeOnly);
      expect(values.map(({ package: name }) => name)).not.toContain("cdktf");
      expect(values.map(({ package: name }) => name)).not.toContain("constructs");
      queue.push(...values.flatMap((one) => (one.file === undefined ? [] : [`${one.file}.ts`])));
    }
    expect(seen.size).toBeGreaterThan(5);
  });

  it("have ports, places on the workspaces network, outputs and secrets of their own", () => {
    unique(SERVICES.flatMap((service) => hostPorts(service).map(({ host }) => host)));
    unique(SERVICES.flatMap(({ workspacesAddress }) => workspacesAddress ?? []));
    unique(SERVICES.flatMap(({ outputs = {} }) => Object.keys(outputs)));
    unique(SERVICES.flatMap(({ secrets = {} }) => Object.keys(secrets)));
    for (const { networks, workspacesAddress } of SERVICES) {
      const isMember = networks !== "host" && networks.workspaces !== undefined;
      expect(workspacesAddress !== undefined).toBe(isMember);
    }
  });

  it("make the settings of platform.yaml and the secrets", () => {
    const { ports, resources, images } = PlatformSchema.parse({ apiVersion: "sluice/v1" });
    expect(Object.keys(resources)).toEqual(SERVICES.map(settingName));
    expect(ports).toEqual(
      Object.fromEntries(
        SERVICES.flatMap((service) => hostPorts(service).map(({ setting, host }) => [setting, host])),
      ),
    );
    expect(images).toEqual(BASE_IMAGES);
    for (const { name, secrets = {}, database } of SERVICES) {
      const owned = [...Object.keys(secrets), ...(database ? [`${database.name}_database_password`] : [])];
      for (const secret of owned) expect(SECRETS[secret]?.service).toBe(name);
    }
  });
});
