import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { planWorkspaceNetwork } from "../../../constructs/workspace-network-plan";
import { freePort } from "../services/free-port";
import { PROJECT } from "../source-files";
import { docker, removeContainersOn } from "./docker";

/** What a command printed and how it ended. */
export interface CommandResult {
  readonly exitCode: number;
  /** Both streams. */
  readonly output: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** Both streams so far. */
  readonly output: string;
  /** Exit code and signal. */
  readonly ended: Promise<unknown[]>;
}

/**
 * A platform of its own name, ports, secrets and state beside whatever else runs on this host,
 * driven only through the commands that users have.
 */
export class AppliedPlatform {
  readonly home = mkdtempSync(join(tmpdir(), "sluice-acceptance-"));
  /** Secrets and state. */
  readonly sluiceHome = join(this.home, ".sluice");
  readonly outdir = join(this.sluiceHome, "cdktf.out");

  private constructor(
    /** Prefix of all containers, networks and volumes. */
    readonly name: string,
    readonly gatewayPort: number,
    readonly provisionerPort: number,
    /** With TLS. */
    readonly coderPort: number,
    readonly coderHttpPort: number,
    private readonly environment: Record<string, string>,
  ) {}

  /**
   * @param environment variables set for every command, such as a provider's key
   * @param kind tells the platforms of one test file apart
   */
  static async create(environment: Record<string, string>, kind = "acc"): Promise<AppliedPlatform> {
    return new AppliedPlatform(
      `${kind}${process.pid}`,
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
      environment,
    );
  }

  /** Writes the platform file: name, ports and an upstream of our own, plus `yaml`; without Coder unless `yaml` says something of it. */
  configure(yaml = "", upstream = "http://fake-anthropic:8080"): void {
    writeFileSync(
      join(this.home, "platform.yaml"),
      `apiVersion: sluice/v1
name: ${this.name}
ports: { gateway: ${this.gatewayPort}, keyProvisioner: ${this.provisionerPort}, coder: ${this.coderPort}, coderHttp: ${this.coderHttpPort} }
providers: { anthropic: { kind: anthropic, baseUrl: "${upstream}" } }
${/^coder:/m.test(yaml) ? "" : "coder: { enabled: false }\n"}${yaml}`,
    );
  }

  /** `npm run <args>`. */
  npmRun(...args: string[]): CommandResult {
    return this.command("npm", ["run", "--silent", ...args]);
  }

  /** `sluice <args>` as a process of its own, for tests that send it signals. Its output is in `output`. */
  start(...args: string[]): RunningCommand {
    return this.startWith({}, ...args);
  }

  /** The same with more variables in its environment. */
  startWith(environment: Record<string, string>, ...args: string[]): RunningCommand {
    const child = spawn(process.execPath, ["cli/bootstrap.cjs", ...args], {
      cwd: PROJECT,
      env: { ...this.variables(), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const running = { child, output: "", ended: once(child, "close") };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        running.output += text;
      });
    }
    return running;
  }

  /** The same with more variables in its environment. */
  npmRunWith(environment: Record<string, string>, ...args: string[]): CommandResult {
    return this.command("npm", ["run", "--silent", ...args], environment);
  }

  /**
   * `npx cdktf <args>`, as plainly as it goes without a registry: `--skip-provider-lock`, since writing
   * a lock file for other platforms is the one step that asks the registry.
   */
  cdktf(...args: string[]): CommandResult {
    return this.command("npx", ["--no-install", "cdktf", ...args, "--skip-provider-lock"]);
  }

  /** Values of all secrets, by name. */
  secrets(): Record<string, string> {
    return JSON.parse(readFileSync(join(this.sluiceHome, "secrets.tfvars.json"), "utf8"));
  }

  /** Runs one SQL statement as the superuser. Rows of one column, as text. */
  sql(database: string, statement: string): string[] {
    const args = [
      "exec",
      `${this.name}-postgres`,
      "psql",
      "-U",
      "postgres",
      "-d",
      database,
      "-At",
      "-v",
      "ON_ERROR_STOP=1",
      "-c",
      statement,
    ];
    return docker(...args)
      .split("\n")
      .filter(Boolean);
  }

  /** Removes everything of this platform, also after a failed test. @param prefix of what it is called, after a rename */
  remove(prefix = this.name): void {
    const named = (list: string) => list.split("\n").filter((name) => name.startsWith(prefix));
    const networks = named(docker("network", "ls", "--format", "{{.Name}}"));
    // Before what is left on the networks, which goes with its volumes: jobs are on none, and share volumes with services.
    for (const name of named(docker("ps", "--all", "--format", "{{.Names}}")))
      docker("rm", "--force", "--volumes", name);
    for (const network of networks) removeContainersOn(network);
    removeFirewallRules(prefix);
    for (const network of networks) docker("network", "rm", network);
    for (const name of named(docker("volume", "ls", "--format", "{{.Name}}"))) docker("volume", "rm", name);
    for (const name of named(docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")))
      docker("image", "rm", name);
    rmSync(this.home, { recursive: true, force: true });
  }

  private command(command: string, args: readonly string[], environment = {}): CommandResult {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: PROJECT,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      env: { ...this.variables(), ...environment },
    });
    return { exitCode: status ?? -1, output: stdout + stderr };
  }

  private variables(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...this.environment,
      SLUICE_CONFIG: join(this.home, "platform.yaml"),
      SLUICE_HOME: this.sluiceHome,
      // Terraform, npm and Docker's command line make folders there. Their settings are still the user's.
      HOME: this.home,
      DOCKER_CONFIG: process.env["DOCKER_CONFIG"] ?? dockerConfig(this.home),
      npm_config_userconfig: join(homedir(), ".npmrc"),
      npm_config_cache: join(homedir(), ".npm"),
      CDKTF_HOME: join(this.home, "cdktf"),
      CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
      DISABLE_VERSION_CHECK: "1",
      CI: "1",
    };
  }
}

/** The user's settings of Docker's command line, its contexts among them; where there are none, none are made. */
function dockerConfig(home: string): string {
  const own = join(homedir(), ".docker");
  return existsSync(own) ? own : join(home, ".docker");
}

/**
 * The workspace firewall leaves its rules in the kernel; a platform that was not destroyed by `sluice destroy` still has them.
 * Needs the firewall's image: call it before the images go.
 */
export function removeFirewallRules(platform: string): void {
  const reference = `reference=${platform}/workspace-firewall`;
  const [image] = docker("image", "ls", "--quiet", "--filter", reference).split("\n");
  if (!image) return;
  const { bridge } = planWorkspaceNetwork(platform);
  const script = `for family in inet bridge; do nft delete table $family ${bridge} 2>/dev/null || true; done`;
  docker("run", "--rm", "--network", "host", "--cap-add", "NET_ADMIN", image, "sh", "-c", script);
}
