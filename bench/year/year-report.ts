import { formatNumber } from "../report/format-number";
import { machineFacts } from "../report/machine";
import { textTable } from "../report/text-table";
import type { YearResult } from "./run-year";
import { limitsOf } from "./time-questions";

/** Commits of a request with a key that is used now and then. */
const MOST_COMMITS = 1.6;
/** How much longer than with the master key such a request may take. */
const MOST_TIMES_MASTER = 3;
/** How much longer a request may take while reports are asked for. */
const MOST_TIMES_ALONE = 2;
/** Until a gateway is ready, in milliseconds. */
const START_MS = 10_000;

/** A goal and whether it was reached. */
interface Goal {
  readonly title: string;
  readonly found: string;
  readonly wanted: string;
  readonly isReached: boolean;
}

const ms = (value: number): string => `${formatNumber(value)} ms`;

function goalsOf({ loads, startMs, size }: YearResult): Goal[] {
  const { alone, withReports, masterKey, quiet, quietKeys, commitsPerRequest, reports } = loads;
  return [
    {
      title: "50 requests a second with reports, p99",
      found: `${ms(withReports.p99Ms)} (p50 ${ms(withReports.p50Ms)}; alone ${ms(alone.p99Ms)}, p50 ${ms(alone.p50Ms)})`,
      wanted: `at most ${MOST_TIMES_ALONE} × alone`,
      isReached: withReports.p99Ms <= MOST_TIMES_ALONE * alone.p99Ms,
    },
    {
      title: "reports meanwhile",
      found: `${reports.answers} answered, ${reports.failures.length} not`,
      wanted: "all answered",
      isReached: reports.failures.length === 0,
    },
    {
      title: `commits a request, ${quietKeys.toLocaleString("en-US")} quiet keys`,
      found: formatNumber(commitsPerRequest),
      wanted: `at most ${MOST_COMMITS}`,
      isReached: commitsPerRequest <= MOST_COMMITS,
    },
    {
      title: "200 requests a second, quiet keys, p99",
      found: `${ms(quiet.p99Ms)} (master key ${ms(masterKey.p99Ms)})`,
      wanted: `at most ${MOST_TIMES_MASTER} × master key`,
      isReached: quiet.p99Ms <= MOST_TIMES_MASTER * masterKey.p99Ms,
    },
    {
      title: `start with ${size.keys.toLocaleString("en-US")} keys`,
      found: ms(startMs),
      wanted: `at most ${ms(START_MS)}`,
      isReached: startMs <= START_MS,
    },
  ];
}

function isInTime({ question, coldMs, warmMs }: YearResult["questions"][number]): boolean {
  const limits = limitsOf(question);
  return warmMs <= limits.warmMs && coldMs <= limits.coldMs;
}

function wantedOf({ question }: YearResult["questions"][number]): string {
  const { coldMs, warmMs } = limitsOf(question);
  return `${coldMs} cold, ${warmMs} warm`;
}

/** What is wrong with answers and records: nothing that has to do with speed. */
export const faultsOf = ({ questions, loads, wrong }: YearResult): string[] => [
  ...questions.flatMap(({ question, failure }) =>
    failure === undefined ? [] : [`${question.title}: ${failure}`],
  ),
  ...loads.wrong,
  ...loads.reports.failures.slice(0, 5),
  ...wrong,
];

/** 0: everything right and in time; 1: something wrong, or a goal missed. */
export function yearExitCode(result: YearResult): 0 | 1 {
  const isReached = result.questions.every(isInTime) && goalsOf(result).every((goal) => goal.isReached);
  return isReached && faultsOf(result).length === 0 ? 0 : 1;
}

/** The run as Markdown that also reads well in a terminal. */
export function yearReport(result: YearResult): string {
  const { size, bytes, madeInSeconds, questions, date } = result;
  const facts = [
    ...machineFacts(undefined, undefined).slice(0, 3),
    `${size.rows.toLocaleString("en-US")} audit rows over 12 months, ${size.keys.toLocaleString("en-US")} keys; ${formatNumber(bytes / 1e9)} GB` +
      (madeInSeconds === undefined ? ", made before" : `, made in ${madeInSeconds} s`),
    `two gateways; warm: the median of five; cold: nothing of it in memory; lists that cannot be short: their first part, and warm to their end`,
  ];
  const table = textTable(
    ["question", "cold, ms", "warm, ms", "to the end, ms", "kB", "wanted", "reached"],
    questions.map((timed) => [
      timed.question.title,
      formatNumber(timed.coldMs),
      formatNumber(timed.warmMs),
      formatNumber(timed.wholeMs),
      formatNumber(timed.bytes / 1000),
      wantedOf(timed),
      timed.failure === undefined ? (isInTime(timed) ? "yes" : "no") : "wrong",
    ]),
  );
  const goals = textTable(
    ["goal", "found", "wanted", "reached"],
    goalsOf(result).map(({ title, found, wanted, isReached }) => [
      title,
      found,
      wanted,
      isReached ? "yes" : "no",
    ]),
  );
  const faults = faultsOf(result);
  const parts = [
    `# A year, ${date.toISOString().slice(0, 10)}`,
    facts.map((fact) => `- ${fact}`).join("\n"),
    table,
    goals,
  ];
  if (faults.length > 0)
    parts.push("Wrong answers or records:", faults.map((fault) => `- ${fault}`).join("\n"));
  return `${parts.join("\n\n")}\n`;
}
