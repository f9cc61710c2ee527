import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort, LOOPBACK } from "../../../cli/local/port";
import { isAlive } from "../../../cli/local/process-identity";

const PROJECT = join(__dirname, "../../..");
jest.setTimeout(90_000);

/** What takes long and breaks seldom; the acceptance suite sets `START_FULL=1`. */
const inFull = process.env["START_FULL"] === "1" ? it : it.skip;

/** One run of `sluice start`. */
class Run {
  out = "";
  err = "";
  readonly exit: Promise<number | NodeJS.Signals | null>;
  private readonly child: ChildProcess;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, ["cli/bootstrap.cjs", "start", ...args], {
      cwd: PROJECT,
      env: { ...process.env, ANTHROPIC_API_KEY: "", SLUICE_CONFIG: "platform.example.yaml", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.on("data", (text) => {
      this.out += text;
    });
    this.child.stderr?.on("data", (text) => {
      this.err += text;
    });
    this.exit = new Promise((resolve) => this.child.on("close", (code, signal) => resolve(signal ?? code)));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits for the screen. */
  async up(): Promise<this> {
    while (!this.out.includes("Ctrl-C stops")) {
      if (this.child.exitCode !== null) throw new Error(`start ended:\n${this.out}${this.err}`);
      await sleep(50);
    }
    return this;
  }

  get curl(): string {
    return this.out.match(/^curl .*$/m)?.[0] ?? "";
  }

  get demoKey(): string {
    return this.out.match(/demo key +(sk-\S+)/)?.[1] ?? "";
  }

  stop(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.child.kill(signal);
    return this.exit;
  }
}

/** A process started by a run, however deep below it. */
interface Descendant {
  readonly pid: number;
  readonly command: string;
}

function descendantsOf(root: number): Descendant[] {
  const table = execFileSync("ps", ["-axo", "pid=,ppid=,command="], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
    });
  const below = (parent: number): Descendant[] =>
    table.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(root);
}

const alive = (processes: readonly Descendant[]) => processes.filter(({ pid }) => isAlive(pid));

const paste = (line: string) => JSON.parse(execFileSync("bash", ["-c", line], { encoding: "utf8" }));

describe("sluice start", () => {
  let data: string;
  let gateway: number;
  let args: string[];
  const runs: Run[] = [];
  const start = (extra: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
    const run = new Run([...args, ...extra], env);
    runs.push(run);
    return run;
  };

  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), "sluice-start-"));
    gateway = await findFreePort();
    args = [
      "--data",
      join(data, "local"),
      "--port",
      String(gateway),
      "--provisioner-port",
      String(await findFreePort()),
    ];
  });
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((run) => run.stop("SIGTERM")));
    rmSync(data, { recursive: true, force: true });
  });

  const call = (path: string, key: string, body?: unknown) =>
    fetch(`http://${LOOPBACK}:${gateway}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const secrets = () => JSON.parse(readFileSync(join(data, "local/secrets.tfvars.json"), "utf8"));

  it("answers its printed curl line, stops without a trace, and keeps its data", async () => {
    const first = await start().up();
    expect(first.out).toContain("SIMULATED");
    expect(paste(first.curl).choices[0].message.content).toContain("simulated");

    const { gateway_master_key: masterKey } = secrets();
    const made = await call("/key/generate", masterKey, { key_alias: "kept" });
    const { key } = (await made.json()) as { key: string };

    const verified = spawnSync(
      process.execPath,
      ["cli/bootstrap.cjs", "verify", "enforcement", "--url", `http://${LOOPBACK}:${gateway}`].concat(
        "--master-key-file",
        join(data, "local/secrets.tfvars.json"),
      ),
      { cwd: PROJECT, env: { ...process.env, SLUICE_CONFIG: "platform.example.yaml" }, encoding: "utf8" },
    );
    expect([verified.status, verified.stderr]).toEqual([0, expect.not.stringContaining("FAILED")]);
    expect(verified.stdout).toMatch(/design-first +design-first@[0-9a-f]{12}( +holds){6}\n/);

    // Nothing secret on the screen but the demo key, and nothing at all in the process list and the logs.
    const processes = descendantsOf(first.pid);
    const commands = processes.map(({ command }) => command).join("\n");
    for (const name of ["postgres", "simulated-provider", "key-provisioner", "gateway"]) {
      expect(commands).toContain(name);
    }
    const logs = readdirSync(join(data, "local/logs"))
      .map((file) => readFileSync(join(data, "local/logs", file), "utf8"))
      .join();
    for (const secret of Object.values<string>(secrets())) {
      expect(first.out + first.err + commands + logs).not.toContain(secret);
    }
    expect(commands + logs).not.toContain(first.demoKey);

    expect(await first.stop("SIGINT")).toBe(0);
    expect(first.err).toContain("data is kept in");
    expect(alive(processes)).toEqual([]);
    expect(readdirSync(join(data, "local"))).not.toContain("sluice.pid");

    const second = await start().up();
    expect((await call("/v1/models", key)).status).toBe(200);
    expect((await call("/v1/models", first.demoKey)).status).toBe(401);
    expect(second.demoKey).not.toBe(first.demoKey);
    expect(paste(second.curl).choices).toHaveLength(1);
    const later = descendantsOf(second.pid);
    expect(await second.stop("SIGTERM")).toBe(0);
    expect(alive(later)).toEqual([]);
  });

  inFull("refuses a second start on the same data and leaves the first alone", async () => {
    const first = await start().up();
    const second = start(["--port", String(await findFreePort())]);
    expect(await second.exit).toBe(1);
    expect(second.err).toContain(`already running here: process ${first.pid}, http://${LOOPBACK}:${gateway}`);
    expect(second.err).not.toMatch(/^\s+at /m);
    expect(paste(first.curl).choices).toHaveLength(1);
  });

  it("refuses a taken port, naming it, its holder and the remedy", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(gateway, LOOPBACK, resolve));
    const run = start();
    expect(await run.exit).toBe(1);
    expect(run.err).toContain(`port ${gateway}, meant for the gateway, is taken by process ${process.pid}`);
    expect(run.err).toContain("npm start -- --port");
    await new Promise((resolve) => other.close(resolve));
  });

  inFull("recovers after it was killed: services end by themselves, the database is taken over", async () => {
    const first = await start().up();
    const made = await call("/key/generate", secrets().gateway_master_key, { key_alias: "kept" });
    const { key } = (await made.json()) as { key: string };
    const processes = descendantsOf(first.pid);
    await first.stop("SIGKILL");
    const services = () => alive(processes).filter(({ command }) => !command.includes("postgres"));
    while (services().length > 0) await sleep(50);
    const second = await start().up();
    expect(second.err).toContain("left-over server");
    expect(alive(processes)).toEqual([]);
    expect((await call("/v1/models", key)).status).toBe(200);
  });

  inFull("starts a service that dies again and says so", async () => {
    const run = await start().up();
    const victim = descendantsOf(run.pid).find(({ command }) =>
      command.includes("services/gateway/server.ts"),
    );
    if (victim === undefined) throw new Error("the gateway does not run");
    process.kill(victim.pid, "SIGKILL");
    while (!run.err.includes("gateway runs again")) await sleep(50);
    expect(run.err).toContain("gateway was ended by SIGKILL; starting it again (1 of 3)");
    expect(run.err).toContain("gateway.log");
    expect(paste(run.curl).choices).toHaveLength(1);
  });

  inFull("can be interrupted while it starts", async () => {
    const run = start();
    while (!run.err.includes("database made")) await sleep(20);
    const processes = descendantsOf(run.pid);
    expect(await run.stop("SIGINT")).toBe(0);
    expect(alive(processes)).toEqual([]);
    const again = await start().up();
    expect(paste(again.curl).choices).toHaveLength(1);
  });

  it("names a service that cannot start, with the end of its log, and leaves nothing running", async () => {
    const run = start([], { LOG_LEVEL: "loud" });
    expect(await run.exit).toBe(1);
    expect(run.err).toMatch(
      /(gateway|key-provisioner|simulated-provider) ended with exit code 1; last lines of/,
    );
    expect(run.err).toContain("LOG_LEVEL");
    // Whatever had been started would hold the data folder or its ports.
    const again = await start().up();
    expect(again.err).not.toContain("left-over server");
  });
});
