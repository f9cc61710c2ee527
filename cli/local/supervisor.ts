import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../terminal/user-error";
import type { Child } from "./child-process";

const MAX_RESTARTS = 3;

/** Times in milliseconds; others in tests. */
export interface SupervisorTiming {
  /** Before the first restart; doubled before each further one. */
  readonly firstPauseMs: number;
  /** After running this long, a process has its restarts back. */
  readonly steadyMs: number;
}

/** A process that is kept running. */
export interface Part {
  readonly name: string;
  /** Starts it, anew each time. */
  readonly launch: () => Child | Promise<Child>;
}

/** Where the supervisor reports to. */
export interface SupervisorEvents {
  /** Something happened that the user should read. */
  readonly onNotice: (text: string) => void;
  /** A process cannot be kept running. The others still run. */
  readonly onFailure: (error: UserError) => void;
}

/** Starts processes, starts those again that die, and stops all of them in order. */
export class Supervisor {
  private readonly children = new Map<string, Child>();
  private stopping = false;

  /** @param parts in order of dependence: each may use those before it, and is stopped before them */
  constructor(
    private readonly parts: readonly Part[],
    private readonly events: SupervisorEvents,
    private readonly timing: SupervisorTiming = { firstPauseMs: 500, steadyMs: 60_000 },
  ) {}

  /** Starts one part and waits until it is ready; from then on it is kept running. */
  async start(name: string): Promise<void> {
    const part = this.parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new Error(`there is no part "${name}"`);
    const child = await this.launch(part);
    void this.keepRunning(part, child);
  }

  /** Stops everything that runs, last part first. @param hurry all at once, without waiting for open work */
  async stop(hurry = false): Promise<void> {
    this.stopping = true;
    if (hurry) {
      await Promise.all([...this.children.values()].map((child) => child.stop(true)));
      return;
    }
    for (const { name } of [...this.parts].reverse()) await this.children.get(name)?.stop(hurry);
  }

  private async launch(part: Part): Promise<Child> {
    if (this.stopping) throw new UserError("stopped");
    const child = await part.launch();
    this.children.set(part.name, child);
    // The order to stop may have come while it was being launched.
    if (this.stopping) await child.stop();
    try {
      await child.ready();
    } catch (error) {
      await child.stop();
      throw error;
    }
    return child;
  }

  private async keepRunning(part: Part, first: Child): Promise<void> {
    let child: Child | undefined = first;
    for (let restarts = 0; ; ) {
      const start = Date.now();
      const end = child === undefined ? "did not start" : await child.ended;
      if (this.stopping) return;
      if (Date.now() - start > this.timing.steadyMs) restarts = 0;
      const last = this.children.get(part.name)?.lastLines() ?? "";
      if (restarts === MAX_RESTARTS) {
        this.events.onFailure(
          new UserError(`${part.name} ${end}, and ${MAX_RESTARTS} restarts did not help; ${last}`),
        );
        return;
      }
      restarts += 1;
      this.events.onNotice(
        `${part.name} ${end}; starting it again (${restarts} of ${MAX_RESTARTS}); ${last}`,
      );
      await sleep(this.timing.firstPauseMs * 2 ** (restarts - 1));
      child = await this.launch(part).catch(() => undefined);
      if (child !== undefined) this.events.onNotice(`${part.name} runs again`);
    }
  }
}
