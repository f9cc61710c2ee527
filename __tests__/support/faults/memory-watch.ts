import { type DeployedGateway, MEMORY_LIMIT } from "./deployed-gateway";

const MIB = 1024 * 1024;
/** What may be held at most, in MiB: the limit without a tenth of it. */
const MOST_MIB = (0.9 * MEMORY_LIMIT) / MIB;
/** How often it is looked what is held, in milliseconds. */
const LOOK_MS = 50;

/** The most that each of several gateways holds from now on. */
export class MemoryWatch {
  readonly #most: number[];
  readonly #timer = setInterval(() => this.#look(), LOOK_MS);

  constructor(private readonly gateways: readonly DeployedGateway[]) {
    for (const { memory } of gateways) memory.forgetPeak();
    this.#most = gateways.map(() => 0);
  }

  /** @returns in MiB */
  stop(): number[] {
    clearInterval(this.#timer);
    this.#look();
    return this.#most.map((bytes) => Math.round(bytes / MIB));
  }

  #look(): void {
    for (const [index, { memory }] of this.gateways.entries()) {
      try {
        this.#most[index] = Math.max(this.#most[index] ?? 0, memory.held, memory.peak);
      } catch {
        // A process that has just ended has no files any more.
      }
    }
  }
}

/** @returns which of them held more than they may */
export function judgeMemory(heldMib: readonly number[]): string[] {
  return heldMib.filter((mib) => mib > MOST_MIB).map((mib) => `a gateway held ${mib} MiB`);
}
