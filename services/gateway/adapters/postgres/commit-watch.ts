import { monotonicClock } from "../../ports/clock";
import { isConflict, isDataFault } from "./error-class";

/** `late`: one is under way for longer than any should take. `unknown`: nothing was tried lately. */
export type CommitVerdict = "working" | "late" | "failing" | "unknown";

/** How long an outcome says something about now, in milliseconds. */
const RECENT_MS = 3000;
/** What takes longer than this is late, in milliseconds. */
const LATE_MS = 2000;

/** What the latest commits of one kind say: those of real requests or, when there were none lately, that of a probe. */
export class CommitWatch {
  /** When those that run were begun; the oldest first. */
  readonly #pending = new Set<{ readonly begunAt: number }>();
  #last: { readonly at: number; readonly isFailure: boolean } | undefined;

  constructor(
    /** Milliseconds of a clock that nobody sets. */
    readonly now: () => number = monotonicClock.now,
  ) {}

  get verdict(): CommitVerdict {
    const now = this.now();
    for (const { begunAt } of this.#pending) {
      if (now - begunAt > LATE_MS) return this.#last?.isFailure === true ? "failing" : "late";
      break;
    }
    if (this.#last === undefined || now - this.#last.at > RECENT_MS) return "unknown";
    return this.#last.isFailure ? "failing" : "working";
  }

  /** Runs `work`, whose outcome counts. @throws what `work` throws */
  async observe<Result>(work: () => Promise<Result>): Promise<Result> {
    const one = { begunAt: this.now() };
    this.#pending.add(one);
    try {
      const result = await work();
      this.#last = { at: this.now(), isFailure: false };
      return result;
    } catch (error) {
      // One that others were in the way of is tried again, and says nothing.
      if (!isConflict(error)) this.#last = { at: this.now(), isFailure: !isDataFault(error) };
      throw error;
    } finally {
      this.#pending.delete(one);
    }
  }
}
