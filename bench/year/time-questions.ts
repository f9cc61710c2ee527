import { type Asked, ask } from "../fleet/ask";
import type { BenchDatabase } from "../processes/database";
import { median } from "../statistics/median";
import { makeCold } from "./cold";
import type { Question } from "./questions";

/** What an administrator waits for at most, in milliseconds. */
const LIMITS = { warmMs: 300, coldMs: 1000 };
/** For a report over everything, of which a gateway ends one after ten seconds. */
const LIMITS_OF_WHOLE_YEAR = { warmMs: 3000, coldMs: 5000 };

/** How long a question may take, in milliseconds. */
export const limitsOf = ({ isOfWholeYear }: Question): typeof LIMITS =>
  isOfWholeYear === true ? LIMITS_OF_WHOLE_YEAR : LIMITS;

const WARM_ROUNDS = 5;

/** How long a question takes. Times in milliseconds; of a long answer its first part. */
export interface TimedQuestion {
  readonly question: Question;
  readonly coldMs: number;
  readonly warmMs: number;
  /** Until its end, warm. */
  readonly wholeMs: number;
  readonly bytes: number;
  /** What is wrong with the answer. */
  readonly failure: string | undefined;
}

/** Asks each question cold, checks the answer, and asks it again until it is warm. */
export async function timeQuestions(
  questions: readonly Question[],
  port: number,
  database: BenchDatabase,
  say: (line: string) => void,
): Promise<TimedQuestion[]> {
  const timed: TimedQuestion[] = [];
  for (const question of questions) {
    const time = ({ firstByteMs, wholeMs }: Asked) => (question.isLong ? firstByteMs : wholeMs);
    await makeCold(database);
    const cold = await ask(port, question.path);
    const failure = await faultOf(question, cold);
    await ask(port, question.path);
    const warm: Asked[] = [];
    for (let round = 0; round < WARM_ROUNDS; round += 1) warm.push(await ask(port, question.path));
    const result = {
      question,
      coldMs: time(cold),
      warmMs: median(warm.map(time)) ?? Number.NaN,
      wholeMs: median(warm.map(({ wholeMs }) => wholeMs)) ?? Number.NaN,
      bytes: cold.bytes,
      failure,
    };
    say(
      `  ${question.title}: cold ${result.coldMs.toFixed(0)} ms, warm ${result.warmMs.toFixed(0)} ms${failure === undefined ? "" : `, wrong: ${failure}`}`,
    );
    timed.push(result);
  }
  return timed;
}

async function faultOf(question: Question, { status, text }: Asked): Promise<string | undefined> {
  if (status !== 200) return `status ${status} ${text().slice(0, 200)}`;
  try {
    await question.check(JSON.parse(text()) as never);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
