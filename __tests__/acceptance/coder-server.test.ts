import { readFileSync, statSync } from "node:fs";
import { request } from "node:https";
import { dirname, join } from "node:path";
import { AppliedPlatform } from "../support/applied/applied-platform";
import { docker, inspect, logsOf } from "../support/applied/docker";

/** The Coder server as the platform declares it: with its certificate, its database and the engine's socket. The steps build on each other. */
let platform: AppliedPlatform;
let coder: string;
/** The providers of templates, which no registry is asked for. */
const MIRROR = join(dirname(process.env["TF_CLI_CONFIG_FILE"] ?? ""), "mirror");

beforeAll(async () => {
  platform = await AppliedPlatform.create({ ANTHROPIC_API_KEY: "planted-key-1" }, "coder");
  coder = `${platform.name}-coder`;
  platform.configure(`coder: { enabled: true, providerMirror: ${MIRROR} }`);
});

afterAll(() => platform.remove());

const certs = (file: string) => readFileSync(join(platform.sluiceHome, "certs", file), "utf8");
const http = (path: string, options: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${platform.coderHttpPort}${path}`, {
    ...options,
    headers: { "content-type": "application/json", ...options.headers },
  });

/** By TLS, trusting the given authority alone; each time by a connection of its own, since the server is replaced. */
function https(path: string, ca: string | undefined): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    request(
      { host: "localhost", port: platform.coderPort, path, ca, timeout: 10_000, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      },
    )
      .on("error", reject)
      .end();
  });
}

/** A token of the first user, whom the deploy made. */
async function ownerToken(): Promise<string> {
  const password = platform.secrets()["coder_first_user_password"];
  const login = await http("/api/v2/users/login", {
    method: "POST",
    body: JSON.stringify({ email: "admin@sluice.example", password }),
  });
  expect(login.status).toBe(201);
  return ((await login.json()) as { session_token: string }).session_token;
}

describe("an applied Coder server", () => {
  it("is deployed by one command, with a certificate made on the way", () => {
    const { exitCode, output } = platform.npmRun("deploy", "--", "--yes");
    if (exitCode !== 0) throw new Error(`${output}\n${logsOf(coder)}`);
    expect(output).toContain(`https://localhost:${platform.coderPort}`);
    expect(output).toMatch(/authority made.*certificate of localhost made/);
    expect(statSync(join(platform.sluiceHome, "certs/ca.key")).mode & 0o777).toBe(0o600);
  });

  it("answers by http, and by TLS to whoever trusts the authority", async () => {
    expect(await (await http("/healthz")).text()).toBe("OK");
    expect(await https("/healthz", certs("ca.crt"))).toEqual({ status: 200, text: "OK" });
    await expect(https("/healthz", undefined)).rejects.toThrow(/certificate/);
  });

  it("reaches itself at its access URL, trusts the authority beside the image's, and offers no GitHub login", async () => {
    const token = await ownerToken();
    const headers = { "coder-session-token": token };
    const health = (await (await http("/api/v2/debug/health", { headers })).json()) as Record<
      string,
      { severity: string; error?: string; warnings?: unknown }
    >;
    for (const section of ["access_url", "database", "derp", "websocket"]) {
      expect([section, health[section]?.severity, health[section]?.error]).toEqual([
        section,
        "ok",
        undefined,
      ]);
    }
    const methods = (await (await http("/api/v2/users/authmethods")).json()) as Record<
      string,
      { enabled: boolean }
    >;
    expect([methods["password"]?.enabled, methods["github"]?.enabled]).toEqual([true, false]);
    const bundle = docker("exec", coder, "cat", "/tmp/ca-certificates.crt");
    expect(bundle).toContain(certs("ca.crt").trim());
    expect(bundle.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(50);
  });

  it("may use the engine, and nothing else of the host", () => {
    // As the user that the server and its provisioners are.
    const version = docker(
      "exec",
      coder,
      "curl",
      "-fsS",
      "--unix-socket",
      "/var/run/docker.sock",
      "http://docker/version",
    );
    expect(version).toContain("ApiVersion");
    const [found] = JSON.parse(docker("inspect", coder));
    expect(found.HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ["ALL"], Privileged: false });
    const binds = (found.HostConfig.Binds as string[]).map((bind) => bind.split(":")[0]);
    expect(binds.filter((source) => source?.startsWith("/"))).toEqual(
      expect.arrayContaining(["/var/run/docker.sock", MIRROR]),
    );
    expect(binds.filter((source) => source?.startsWith("/"))).toHaveLength(2);
  });

  it("shows no secret: not in docker inspect, its processes, their environment or its log", () => {
    const password = platform.secrets()["coder_database_password"] ?? "";
    const key = certs("access.key").split("\n")[1] ?? "";
    expect(Math.min(password.length, key.length)).toBeGreaterThan(20);
    const places = {
      inspect: docker("inspect", coder, `${coder}-files`),
      environment: docker("exec", coder, "cat", "/proc/1/environ"),
      processes: docker("top", coder, "-eo", "pid,args"),
      log: logsOf(coder) + logsOf(`${coder}-files`),
    };
    for (const [place, text] of Object.entries(places)) {
      expect([place, text.includes(password), text.includes(key)]).toEqual([place, false, false]);
    }
    expect(docker("exec", coder, "cat", "/etc/sluice/current/secrets/CODER_TLS_KEY")).toContain(key);
  });

  it("is what the next plan expects", () => {
    const { exitCode, output } = platform.npmRun("diff");
    expect(output).toContain("No changes");
    expect(exitCode).toBe(0);
    const plain = platform.cdktf("diff", "platform");
    expect(plain.output).toMatch(/No changes/);
  });

  it("takes a renewed certificate over by its replacement, and keeps its users", async () => {
    const before = inspect(coder).Id;
    const { exitCode, output } = platform.npmRun("sluice", "--", "certs", "--renew");
    expect([exitCode, output]).toEqual([0, expect.stringContaining("replaced (asked for)")]);
    const deployed = platform.npmRun("deploy", "--", "--yes");
    expect([deployed.exitCode, deployed.exitCode === 0 ? "" : deployed.output]).toEqual([0, ""]);
    expect(inspect(coder).Id).not.toBe(before);
    expect(await https("/healthz", certs("ca.crt"))).toEqual({ status: 200, text: "OK" });
    expect((await http("/api/v2/users/first")).status).toBe(200);
  });

  it("takes a rotated database password", async () => {
    const before = platform.secrets()["coder_database_password"];
    const { exitCode, output } = platform.npmRun(
      "sluice",
      "--",
      "rotate",
      "coder_database_password",
      "--yes",
    );
    expect([exitCode, exitCode === 0 ? "" : output]).toEqual([0, ""]);
    expect(platform.secrets()["coder_database_password"]).not.toBe(before);
    expect(await (await http("/healthz")).text()).toBe("OK");
    expect((await http("/api/v2/users/first")).status).toBe(200);
  });
});
