import { setTimeout as sleep } from "node:timers/promises";
import type { Laboratory } from "../measure/laboratory";
import { measure } from "../measure/measure";
import type { Sample } from "../measure/sample";
import { warmUp } from "../measure/warm-up";
import { syncTime } from "../processes/sync-time";
import { median } from "../statistics/median";
import { rotate } from "../statistics/rotate";
import type { Target, TargetName } from "../targets/target";
import type { Cell } from "./cell";

/** Between two measurements, in ms: what the last one left behind settles. */
const PAUSE_MS = 700;

/** All measurements of a cell. */
export interface CellResult {
  readonly cell: Cell;
  /** Target → its samples by round. */
  readonly samples: ReadonlyMap<TargetName, readonly Sample[]>;
  /** Median time to make 8 KiB durable, in ms. */
  readonly syncMs: number;
  /** What was wrong; the cell then has no result. */
  readonly failure?: string;
}

/** What a run of a cell needs besides the laboratory. */
export interface CellRun {
  readonly cell: Cell;
  /** Replaced in place when a target gets a fresh process. */
  readonly targets: Map<TargetName, Target>;
  readonly rounds: number;
  readonly seconds: number;
  /** Whether targets get the time that the cell wants for warming up. */
  readonly warmsUp: boolean;
}

/** In each round every target once, in another order. Stops at the first wrong answer. */
export async function runCell(
  laboratory: Laboratory,
  { cell, targets, rounds, seconds, warmsUp }: CellRun,
): Promise<CellResult> {
  const samples = new Map<TargetName, Sample[]>([...targets.keys()].map((name) => [name, []]));
  const syncs: number[] = [];
  const result = () => ({ cell, samples, syncMs: median(syncs) ?? 0 });
  const { warmUpSeconds = 0 } = cell;
  const lengths = Array<number>(rounds).fill(seconds);
  if (warmsUp && warmUpSeconds > 0) lengths.unshift(warmUpSeconds);
  for (const [round, length] of lengths.entries()) {
    syncs.push(syncTime(laboratory.folder));
    for (const name of rotate([...targets.keys()], round)) {
      try {
        const target = await prepared(laboratory, cell, name, targets);
        const sample = await measure(laboratory, target, cell.workload, length);
        if (round >= lengths.length - rounds) samples.get(name)?.push(sample);
      } catch (error) {
        return { ...result(), failure: `${name}: ${error instanceof Error ? error.message : String(error)}` };
      }
      await sleep(PAUSE_MS);
    }
  }
  return result();
}

async function prepared(
  laboratory: Laboratory,
  cell: Cell,
  name: TargetName,
  targets: Map<TargetName, Target>,
): Promise<Target> {
  const running = targets.get(name);
  if (running === undefined) throw new Error("is not there");
  if (cell.isFresh !== true) return running;
  const fresh = await running.restart();
  targets.set(name, fresh);
  await warmUp(laboratory, fresh, 1);
  return fresh;
}
