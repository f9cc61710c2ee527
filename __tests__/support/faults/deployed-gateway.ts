import { docker, logsOf } from "../applied/docker";
import { eventually } from "../services/eventually";
import { freePort } from "../services/free-port";
import { call } from "./call";
import { ContainerMemory } from "./container-memory";

/** The limit of a deployed gateway, in bytes. */
export const MEMORY_LIMIT = 1024 * 1024 * 1024;

/** What a container was started from, and its present process. */
interface State {
  readonly Pid: number;
  readonly StartedAt: string;
  readonly Running: boolean;
}

/** Settings of a `DeployedGateway`. */
export interface DeployedGatewayProps {
  readonly name: string;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  /** Path in the container → file or folder of this host, to be read only. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * One replica: a container of the gateway's image with the limits and rights of a deployment (`constructs/container-service.ts`),
 * and like there it starts again when it dies. It listens on a loopback port of this host without a proxy between, so that a
 * reset or a client that stops reading reaches it as one.
 */
export class DeployedGateway {
  #state: State | undefined;
  #memory: ContainerMemory | undefined;

  private constructor(
    readonly name: string,
    readonly url: string,
  ) {}

  /** Resolves when it is ready. */
  static async start({ name, image, env, files }: DeployedGatewayProps): Promise<DeployedGateway> {
    const port = await freePort();
    const all = { ...env, HOST: "127.0.0.1", PORT: String(port) };
    docker(
      "run",
      ...["--detach", "--name", name, "--network", "host", "--restart", "unless-stopped"],
      ...["--memory", String(MEMORY_LIMIT), "--memory-swap", String(MEMORY_LIMIT)],
      ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--stop-timeout", "45"],
      ...["--tmpfs", "/tmp:rw,noexec,nosuid,size=64m", "--volume", "/var/lib/gateway/journal"],
      ...Object.entries(files).flatMap(([inside, outside]) => ["--volume", `${outside}:${inside}:ro`]),
      ...Object.entries(all).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
      image,
    );
    const gateway = new DeployedGateway(name, `http://127.0.0.1:${port}`);
    await gateway.becomesReady();
    return gateway;
  }

  /** Waits until it is ready, and takes its present process for the one that must live on. */
  async becomesReady(): Promise<void> {
    await eventually(async () => {
      const { status } = await call(`${this.url}/health/readiness`, { timeoutMs: 5000 });
      return status === 200;
    }, 30_000).catch((error) => {
      throw new Error(`${this.name} does not get ready: ${String(error)}\n${this.logs.slice(-4000)}`);
    });
    this.#state = this.#inspect();
    this.#memory = new ContainerMemory(this.#state.Pid);
  }

  /** Whether it is still the process that was ready: neither ended nor killed, by whomever. */
  get hasLivedOn(): boolean {
    const { Running, StartedAt } = this.#inspect();
    return Running && StartedAt === this.#state?.StartedAt;
  }

  /** Of the process that got ready last, in this host's numbers. */
  get pid(): number {
    return this.#state?.Pid ?? 0;
  }

  /** Of the process that got ready last. */
  get memory(): ContainerMemory {
    if (this.#memory === undefined) throw new Error(`${this.name} never got ready`);
    return this.#memory;
  }

  get logs(): string {
    return logsOf(this.name);
  }

  /** @param signal its name, such as `STOP`; goes to the gateway's process alone */
  signal(signal: string): void {
    docker("kill", "--signal", signal, this.name);
  }

  /** Kills it, as a crash does, and starts it anew. */
  async restart(): Promise<void> {
    docker("restart", "--time", "0", this.name);
    await this.becomesReady();
  }

  /** Ends it as a deployment does, and starts it anew. */
  async restartGracefully(): Promise<void> {
    docker("restart", "--time", "45", this.name);
    await this.becomesReady();
  }

  remove(): void {
    docker("rm", "--force", "--volumes", this.name);
  }

  /** Values of `/metrics` that say what requests hold at present, by name. */
  async inFlight(): Promise<Readonly<Record<string, number>>> {
    const { body } = await call(`${this.url}/metrics`);
    const values = body.matchAll(/^(\w+_(?:in_flight|in_use|underway))(?:\{[^}]*\})? (\S+)$/gm);
    const sums: Record<string, number> = {};
    for (const [, name = "", value] of values) sums[name] = (sums[name] ?? 0) + Number(value);
    // Refusals that are added up keep the place of one row until the minute is over.
    delete sums["gateway_audit_rows_in_flight"];
    return sums;
  }

  #inspect(): State {
    return JSON.parse(docker("inspect", "--format", "{{json .State}}", this.name)) as State;
  }
}
