import { readFileSync } from "node:fs";
import { join } from "node:path";
import { resourceAt, synthesizePlatform } from "../support/platform-fixture";
import { PROJECT } from "../support/source-files";

interface Upload {
  readonly file: string;
  readonly content: string;
  readonly permissions: string;
}

const jobOf = (service: string, yaml?: string) =>
  resourceAt(synthesizePlatform(yaml), "docker_container", `sluice/${service}/files/job`);

/** Path below `current` → upload. */
const filesOf = (service: string, yaml?: string): Record<string, Upload> =>
  Object.fromEntries(
    (jobOf(service, yaml)["upload"] as Upload[]).map((upload) => [
      upload.file.replace(/^\/etc\/sluice\/\.incoming-[0-9a-f]{12}\//, ""),
      upload,
    ]),
  );

describe("delivered files", () => {
  it("are the gateway's configuration, the rules of every level, and its secrets", () => {
    const files = filesOf("gateway");
    expect(Object.keys(files).sort()).toEqual([
      "config.yaml",
      "prompts/design-first.md",
      "prompts/standard.md",
      "secrets/ANTHROPIC_API_KEY",
      "secrets/DATABASE_PASSWORD",
      "secrets/LITELLM_MASTER_KEY",
      "secrets/LITELLM_MASTER_KEY_PREVIOUS",
      "secrets/LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL",
      "secrets/PROVISIONER_TOKEN",
    ]);
    expect(files["prompts/standard.md"]).toMatchObject({
      content: readFileSync(join(PROJECT, "prompts/standard.md"), "utf8"),
      permissions: "0444",
    });
  });

  it("hold secrets as references, for their reader alone, and never empty, which the provider refuses", () => {
    expect(filesOf("gateway")["secrets/ANTHROPIC_API_KEY"]).toMatchObject({
      content: "${var.anthropic_api_key}\n",
      permissions: "0400",
    });
    expect(filesOf("gateway")["secrets/DATABASE_PASSWORD"]?.content).toBe(
      "${var.gateway_database_password}\n",
    );
    expect(Object.keys(filesOf("postgres")).sort()).toEqual([
      "roles.sql",
      "secrets/CODER_PASSWORD",
      "secrets/GATEWAY_PASSWORD",
      "secrets/KEY_PROVISIONER_PASSWORD",
      "secrets/POSTGRES_PASSWORD",
    ]);
  });

  it("hold facts of the host as references, for everybody", () => {
    expect(filesOf("coder")["access.crt"]).toMatchObject({
      content: "${var.access_certificate}",
      permissions: "0444",
    });
  });

  it("come with a job that has no network, may only give files away, and is checked", () => {
    const job = jobOf("gateway");
    expect(job).toMatchObject({
      name: "sluice-gateway-files",
      network_mode: "none",
      capabilities: { drop: ["ALL"], add: ["CAP_CHOWN"] },
      restart: "no",
      must_run: false,
      attach: true,
      logs: true,
    });
    expect(job).not.toHaveProperty("rm");
    expect(job["lifecycle"]).toEqual({
      replace_triggered_by: [expect.stringMatching(/^docker_volume\.sluice_gateway_files_volume_\w+$/)],
      postcondition: [
        {
          condition: "${self.exit_code == 0}",
          error_message: expect.stringContaining("npm run deploy -- --retry gateway-files"),
        },
      ],
    });
  });

  it.each(["gateway", "postgres"])("are mounted read-only by %s, whose root is read-only", (service) => {
    const server = resourceAt(synthesizePlatform(), "docker_container", `sluice/${service}/server`);
    expect(server["read_only"]).toBe(true);
    expect(server["volumes"]).toContainEqual({
      volume_name: expect.stringMatching(/^\$\{docker_volume\..*_files_volume_\w+\.name\}$/),
      container_path: "/etc/sluice",
      read_only: true,
    });
    expect(server["depends_on"]).toContainEqual(
      expect.stringMatching(/^docker_container\.sluice_.*_files_job_\w+$/),
    );
  });

  it.each(["gateway", "postgres"])("are followed by %s: a change replaces nothing", (service) => {
    const { lifecycle } = resourceAt(synthesizePlatform(), "docker_container", `sluice/${service}/server`);
    expect(lifecycle).toBeUndefined();
  });

  it("of one set of names are uploaded to one folder: an interrupted delivery leaves nothing behind", () => {
    const folder = (yaml?: string) => (jobOf("gateway", yaml)["command"] as string[])[0];
    expect(folder()).toMatch(/^\.incoming-[0-9a-f]{12}$/);
    expect(folder("gateway: { maxConnections: 10 }")).toBe(folder());
    expect(folder("providers: { anthropic: { kind: anthropic, apiKeyEnv: OTHER_ANTHROPIC_KEY } }")).not.toBe(
      folder(),
    );
  });
});
