import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BASE_IMAGES } from "../../../constructs/service-catalog";
import { docker, removeContainersOn } from "../applied/docker";
import { passesWithin } from "../applied/passes-within";
import { freePort } from "../services/free-port";

/** The version that the stand-in has, whatever the product declares. */
export const CODER_IMAGE = "ghcr.io/coder/coder:v2.30.0";

const SOCKET = "/var/run/docker.sock";
const MIRROR = "/opt/terraform-providers";

/** Coder and its Postgres alone, without a platform, confined as a platform confines them. */
export class CoderServer {
  private readonly folder = mkdtempSync(join(tmpdir(), "sluice-test-coder-"));

  private constructor(
    /** Prefix of containers and volumes, and the network's name. Workspaces belong on that network. */
    readonly name: string,
    /** As this machine reaches it; workspaces use http://coder:7080. */
    readonly url: string,
  ) {}

  /** Starts one with an empty database; builds its image where there is none. */
  static async start(name: string): Promise<CoderServer> {
    const builder = join(__dirname, "../stand-in-images/build.sh");
    execFileSync("bash", [builder, `coder=${CODER_IMAGE}`], { stdio: ["ignore", "ignore", "inherit"] });
    const port = await freePort();
    const server = new CoderServer(name, `http://127.0.0.1:${port}`);
    try {
      docker("network", "create", name);
      await server.startPostgres();
      server.startCoder(port);
      await passesWithin(60, async () => {
        const { status } = await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(2000) });
        if (status !== 200) throw new Error(`${server.url}/healthz answers ${status}`);
      });
    } catch (error) {
      server.remove();
      throw error;
    }
    return server;
  }

  /** Removes it with everything on its network, workspaces that a failed test has left among it, and what these keep in volumes. */
  remove(): void {
    removeContainersOn(this.name);
    docker("network", "rm", this.name);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async startPostgres(): Promise<void> {
    const container = `${this.name}-postgres`;
    const settings = ["--env", "POSTGRES_PASSWORD=postgres", "--env", "POSTGRES_DB=coder"];
    const image = BASE_IMAGES["postgres"] ?? "";
    docker("run", "--detach", "--name", container, "--network", this.name, ...settings, image);
    await passesWithin(60, () => docker("exec", container, "pg_isready", "--quiet", "--host", "127.0.0.1"));
  }

  private startCoder(port: number): void {
    const mirror = join(dirname(process.env["TF_CLI_CONFIG_FILE"] ?? ""), "mirror");
    const settings = join(this.folder, "terraform.rc");
    writeFileSync(
      settings,
      `disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = "${MIRROR}"\n  }\n}\n`,
    );
    const environment = {
      CODER_HTTP_ADDRESS: "0.0.0.0:7080",
      CODER_ACCESS_URL: "http://coder:7080",
      CODER_PG_CONNECTION_URL: `postgres://postgres:postgres@${this.name}-postgres:5432/coder?sslmode=disable`,
      CODER_TELEMETRY_ENABLE: "false",
      CODER_UPDATE_CHECK: "false",
      CODER_DERP_SERVER_STUN_ADDRESSES: "disable",
      CODER_OAUTH2_GITHUB_DEFAULT_PROVIDER_ENABLE: "false",
      TF_CLI_CONFIG_FILE: "/opt/terraform.rc",
      // Terraform starts providers from there.
      TMPDIR: "/home/coder",
    };
    docker(
      "run",
      "--detach",
      ...["--name", `${this.name}-coder`, "--network", this.name, "--network-alias", "coder"],
      ...["--publish", `127.0.0.1:${port}:7080`],
      ...["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp"],
      ...["--volume", `${this.name}-home:/home/coder`, "--volume", `${SOCKET}:${SOCKET}`],
      ...["--volume", `${mirror}:${MIRROR}:ro`, "--volume", `${settings}:/opt/terraform.rc:ro`],
      ...["--group-add", String(statSync(SOCKET).gid)],
      ...Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      CODER_IMAGE,
    );
  }
}
