import { Command, InvalidArgumentError } from "commander";

/** What `npm run bench` was asked for. */
export interface BenchOptions {
  /** One short round of each cell: assertions, no judgement of speed. */
  readonly isQuick: boolean;
  /** Goals or beginnings of goals, such as `G1` or `G5`; empty: all. */
  readonly cells: readonly string[];
  readonly rounds: number;
  /** Counted time of a measurement, in seconds. */
  readonly seconds: number;
  /** Keys that the gateway holds. */
  readonly keys: number;
}

const FULL = { rounds: 5, seconds: 4, keys: 100_000 };
const QUICK = { rounds: 1, seconds: 1, keys: 1000 };

/** Reads the arguments after `npm run bench --`. A mistake ends the process with a message. */
export function readOptions(argv: readonly string[]): BenchOptions {
  const command = new Command("bench")
    .description("Measures the gateway against bare proxies. See bench/README.md.")
    .option("--quick", "one short round: assertions only")
    .option("--cells <goals>", "only these, such as G1a,G5", list)
    .option("--rounds <number>", `rounds (default ${FULL.rounds})`, wholeNumber)
    .option("--seconds <number>", `seconds of each measurement (default ${FULL.seconds})`, wholeNumber)
    .option("--keys <number>", `keys in the gateway (default ${FULL.keys}, at least 256)`, wholeNumber)
    .parse([...argv], { from: "user" });
  const given = command.opts<{
    quick?: true;
    cells?: string[];
    rounds?: number;
    seconds?: number;
    keys?: number;
  }>();
  const defaults = given.quick ? QUICK : FULL;
  return {
    isQuick: given.quick === true,
    cells: given.cells ?? [],
    rounds: given.rounds ?? defaults.rounds,
    seconds: given.seconds ?? defaults.seconds,
    keys: Math.max(256, given.keys ?? defaults.keys),
  };
}

/** Whether one of the goals was asked for. */
export function isSelected(goals: readonly string[], asked: readonly string[]): boolean {
  return asked.length === 0 || goals.some((goal) => asked.some((start) => isGoalOf(goal, start)));
}

/** `G1` stands for G1a and G1b, not for G10. */
function isGoalOf(goal: string, asked: string): boolean {
  return goal === asked || (goal.startsWith(asked) && /^[a-z]/.test(goal.slice(asked.length)));
}

function list(text: string): string[] {
  return text.split(",").map((goal) => goal.trim());
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1.");
}
