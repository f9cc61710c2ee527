import { Command, InvalidArgumentError } from "commander";

/** `goals`: against bare proxies; `year`: questions to a year of data; `soak`: everything at once, for minutes. */
export type BenchMode = "goals" | "year" | "soak";

/** What `npm run bench` was asked for. */
export interface BenchOptions {
  readonly mode: BenchMode;
  /** One short round of each cell: assertions, no judgement of speed. */
  readonly isQuick: boolean;
  /** Goals or beginnings of goals, such as `G1` or `G5`; empty: all. */
  readonly cells: readonly string[];
  readonly rounds: number;
  /** Counted time of a measurement, in seconds. */
  readonly seconds: number;
  /** Keys that the gateway holds. */
  readonly keys: number;
  /** Audit rows of the year. */
  readonly rows: number;
  /** How long the soak lasts. */
  readonly minutes: number;
}

const FULL = { rounds: 5, seconds: 4, keys: 100_000 };
const QUICK = { rounds: 1, seconds: 1, keys: 1000 };
/** Ten times this is what 3,000 developers write in a year, give or take. */
const YEAR = { rows: 2_000_000, keys: 100_000 };
const SOAK = { minutes: 10, keys: 2000 };

/** Reads the arguments after `npm run bench --`. A mistake ends the process with a message. */
export function readOptions(argv: readonly string[]): BenchOptions {
  const command = new Command("bench")
    .description("Measures the gateway against bare proxies. See bench/README.md.")
    .option("--quick", "one short round: assertions only")
    .option("--cells <goals>", "only these, such as G1a,G5", list)
    .option("--rounds <number>", `rounds (default ${FULL.rounds})`, wholeNumber)
    .option("--seconds <number>", `seconds of each measurement (default ${FULL.seconds})`, wholeNumber)
    .option("--keys <number>", `keys in the gateway (default ${FULL.keys}, at least 256)`, wholeNumber)
    .option("--year", "a year of data instead: how long its questions take, and what they cost requests")
    .option("--rows <number>", `audit rows of the year (default ${YEAR.rows})`, wholeNumber)
    .option("--soak", "streams, budgets, changes and reports at once instead")
    .option("--minutes <number>", `length of the soak (default ${SOAK.minutes})`, wholeNumber)
    .parse([...argv], { from: "user" });
  const given = command.opts<{
    quick?: true;
    cells?: string[];
    rounds?: number;
    seconds?: number;
    keys?: number;
    year?: true;
    rows?: number;
    soak?: true;
    minutes?: number;
  }>();
  if (given.year && given.soak) command.error("error: --year and --soak are two runs");
  const mode = given.year ? "year" : given.soak ? "soak" : "goals";
  const defaults = given.quick ? QUICK : FULL;
  const keys = { goals: defaults.keys, year: YEAR.keys, soak: SOAK.keys }[mode];
  return {
    mode,
    isQuick: given.quick === true,
    cells: given.cells ?? [],
    rounds: given.rounds ?? defaults.rounds,
    seconds: given.seconds ?? defaults.seconds,
    keys: Math.max(256, given.keys ?? keys),
    rows: given.rows ?? YEAR.rows,
    minutes: given.minutes ?? SOAK.minutes,
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
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1.");
}
