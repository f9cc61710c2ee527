import { HOST_FACTS } from "../../constructs/host-fact";
import { resourceAt, type SynthesizedStack, synthesizePlatform } from "../support/platform-fixture";

const containerOf = (stack: SynthesizedStack) => resourceAt(stack, "docker_container", "sluice/coder/server");

function environmentOf(yaml = ""): Record<string, string> {
  const lines = containerOf(synthesizePlatform(yaml))["env"] as string[];
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

const uploadsOf = (yaml = "") =>
  resourceAt(synthesizePlatform(yaml), "docker_container", "sluice/coder/files/job")["upload"] as {
    file: string;
    content: string;
    permissions: string;
  }[];

const uploaded = (name: string, yaml = "") => uploadsOf(yaml).find(({ file }) => file.endsWith(`/${name}`));

describe("the Coder server", () => {
  it("speaks TLS to people, and http to agents and commands", () => {
    const stack = synthesizePlatform("access: { host: ai.example }\nports: { coder: 8443, coderHttp: 8080 }");
    expect(containerOf(stack)["ports"]).toEqual([
      { internal: 7080, external: 8080, ip: "127.0.0.1" },
      { internal: 8443, external: 8443, ip: "127.0.0.1" },
    ]);
    expect(environmentOf("access: { host: ai.example }\nports: { coder: 8443 }")).toMatchObject({
      CODER_ACCESS_URL: "https://ai.example:8443",
      CODER_HTTP_ADDRESS: "0.0.0.0:7080",
      CODER_TLS_ADDRESS: "0.0.0.0:8443",
      CODER_TLS_MIN_VERSION: "tls12",
      CODER_REDIRECT_TO_ACCESS_URL: "false",
      CODER_SECURE_AUTH_COOKIE: "true",
    });
    expect(stack.output["coder_url"]?.value).toBe("https://ai.example:8443");
  });

  it("finds itself at its access URL", () => {
    const hosts = (yaml: string) => containerOf(synthesizePlatform(yaml))["host"];
    expect(hosts("access: { host: ai.example }")).toEqual([{ host: "ai.example", ip: "127.0.0.1" }]);
    expect(hosts("")).toBeUndefined();
    expect(hosts("access: { host: 10.1.2.3 }")).toBeUndefined();
  });

  it("calls nobody, and lets a bot's token live for ten years", () => {
    expect(environmentOf()).toMatchObject({
      CODER_TELEMETRY_ENABLE: "false",
      CODER_UPDATE_CHECK: "false",
      CODER_DERP_SERVER_STUN_ADDRESSES: "disable",
      CODER_OAUTH2_GITHUB_DEFAULT_PROVIDER_ENABLE: "false",
      CODER_HIDE_AI_TASKS: "true",
      CODER_DISABLE_OWNER_WORKSPACE_ACCESS: "true",
    });
    // 2.30 ends at its start with it.
    expect(Object.keys(environmentOf())).not.toContain("CODER_EXTERNAL_AUTH_GITHUB_DEFAULT_PROVIDER_ENABLE");
    const hours = Number(/^(\d+)h$/.exec(environmentOf()["CODER_MAX_TOKEN_LIFETIME"] ?? "")?.[1]);
    const tenYears = (Date.UTC(2036, 1, 1) - Date.UTC(2026, 1, 1)) / 3_600_000;
    expect(hours).toBeGreaterThanOrEqual(tenYears);
  });

  it("gives apps hosts of their own with a wildcard, and only then takes their paths away", () => {
    expect(Object.keys(environmentOf())).not.toContain("CODER_DISABLE_PATH_APPS");
    expect(environmentOf('coder: { wildcardHost: "*.coder.example" }')).toMatchObject({
      CODER_WILDCARD_ACCESS_URL: "*.coder.example",
      CODER_DISABLE_PATH_APPS: "true",
    });
  });

  it("has no secret in its environment: its key and its password are files for it alone", () => {
    const env = environmentOf();
    expect(env["CODER_PG_CONNECTION_URL"]).toBe("postgres://coder@postgres:5432/coder?sslmode=disable");
    expect(JSON.stringify(env)).not.toContain("var.");
    expect(uploaded("secrets/CODER_TLS_KEY")).toMatchObject({
      content: "${var.access_certificate_key}\n",
      permissions: "0400",
    });
    expect(uploaded("secrets/DATABASE_PASSWORD")).toMatchObject({
      content: "${var.coder_database_password}\n",
      permissions: "0400",
    });
    expect(env["CODER_TLS_CERT_FILE"]).toBe("/etc/sluice/current/access.crt");
    expect(env["CODER_TLS_KEY_FILE"]).toBe("/etc/sluice/current/secrets/CODER_TLS_KEY");
  });

  it("keeps the certificate's key out of the outputs, where a new one can be made", () => {
    const { output, variable } = synthesizePlatform();
    expect(variable["access_certificate_key"]).toMatchObject({ sensitive: true });
    const secrets = Object.keys(output["secrets"]?.value as object);
    expect(secrets).toContain("coder_database_password");
    expect(secrets).not.toContain("access_certificate_key");
  });

  it("has the engine's socket by its group, and nothing else of the host", () => {
    const container = containerOf(synthesizePlatform());
    expect(container["group_add"]).toEqual(["${var.docker_socket_group}"]);
    expect(container["volumes"]).toContainEqual({
      host_path: "${var.docker_socket}",
      container_path: "/var/run/docker.sock",
      read_only: false,
    });
    const paths = (container["volumes"] as { host_path?: string }[]).flatMap(
      ({ host_path }) => host_path ?? [],
    );
    expect(paths).toEqual(["${var.docker_socket}"]);
    expect(container).toMatchObject({
      read_only: true,
      capabilities: { drop: ["ALL"] },
      security_opts: ["no-new-privileges"],
    });
  });

  it("gets Terraform's providers from a mirror alone, where there is one", () => {
    const yaml = "coder: { providerMirror: /srv/providers }";
    expect(containerOf(synthesizePlatform(yaml))["volumes"]).toContainEqual({
      host_path: "/srv/providers",
      container_path: "/opt/terraform-providers",
      read_only: true,
    });
    expect(environmentOf()["TF_CLI_CONFIG_FILE"]).toBe("/etc/sluice/current/terraform.rc");
    expect(uploaded("terraform.rc", yaml)?.content).toBe(`disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = "/opt/terraform-providers"
  }
}
`);
    expect(uploaded("terraform.rc")?.content).toBe("disable_checkpoint = true\n");
  });

  it("has nothing of this host in the synthesized stack but references", () => {
    const { variable } = synthesizePlatform();
    const declared = Object.keys(HOST_FACTS).filter((name) => name in variable);
    expect(declared).toEqual([
      "docker_socket",
      "docker_socket_group",
      "sluice_folder",
      "ca_certificate",
      "access_certificate",
    ]);
    for (const name of declared) expect(variable[name]).not.toHaveProperty("default");
  });

  it("can be left out, and its secrets stay what they are", () => {
    const { resource, variable, output } = synthesizePlatform("coder: { enabled: false }");
    expect(JSON.stringify(resource)).not.toContain("coder");
    expect(Object.keys(output)).not.toContain("coder_url");
    expect(Object.keys(variable)).toContain("coder_database_password");
    expect(Object.keys(variable)).not.toContain("docker_socket_group");
  });
});
