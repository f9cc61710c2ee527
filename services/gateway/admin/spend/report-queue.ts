import { overloaded, tooManyReports } from "../../errors/catalogue";

/** Settings of `ReportQueue`. */
export interface ReportQueueSettings {
  /** Reports that run at the same time: as many as there are connections for them. */
  readonly running: number;
  /** Reports that wait, of all callers. */
  readonly waiting: number;
  /** Reports of one caller that wait. */
  readonly waitingOfOne: number;
  /** Longest wait, in milliseconds. */
  readonly waitMs: number;
}

/** What the queue is told of a report. */
export interface ReportOrder {
  /** Whether nobody waits for the answer any more: then its turn is passed on. @default - somebody does */
  readonly isGone?: () => boolean;
  /** Whether it is a later part of an answer, each of which waits alone: it is not refused any more. @default false */
  readonly isBegun?: boolean;
}

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
  readonly isGone: () => boolean;
  readonly timer: NodeJS.Timeout | undefined;
}

/**
 * Lets a few reports run, so that requests keep the rest of the database, and makes others wait for their turn. Turns go round the callers:
 * whoever asks for much waits for itself, and one that asks for little waits for one report of each other at most.
 */
export class ReportQueue {
  readonly #settings: ReportQueueSettings;
  /** Caller → what it waits for, in the order in which callers have their turns. None is empty. */
  readonly #byCaller = new Map<string, Waiting[]>();
  #running = 0;
  #waiting = 0;

  constructor(settings: ReportQueueSettings) {
    this.#settings = settings;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /**
   * @param caller who asks
   * @throws GatewayError 429 when the caller has too much waiting, 503 when all have or the wait was too long; what `work` throws
   */
  async run<Result>(caller: string, work: () => Promise<Result>, order: ReportOrder = {}): Promise<Result> {
    if (this.#running < this.#settings.running) this.#running += 1;
    else await this.#turn(caller, order);
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#startNext();
    }
  }

  #turn(caller: string, { isGone = () => false, isBegun = false }: ReportOrder): Promise<void> {
    const mine = this.#byCaller.get(caller) ?? [];
    if (!isBegun && mine.length >= this.#settings.waitingOfOne) throw tooManyReports();
    if (!isBegun && this.#waiting >= this.#settings.waiting) throw overloaded("reports waiting");
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        start: resolve,
        refuse: reject,
        isGone,
        timer: isBegun
          ? undefined
          : setTimeout(() => {
              this.#remove(caller, waiting);
              reject(overloaded("reports waiting"));
            }, this.#settings.waitMs),
      };
      mine.push(waiting);
      this.#byCaller.set(caller, mine);
      this.#waiting += 1;
    });
  }

  #startNext(): void {
    while (this.#running < this.#settings.running) {
      const next = this.#takeNext();
      if (next === undefined) return;
      if (next.isGone()) {
        next.refuse(overloaded("reports waiting"));
        continue;
      }
      this.#running += 1;
      next.start();
    }
  }

  #takeNext(): Waiting | undefined {
    for (const [caller, mine] of this.#byCaller) {
      const next = mine[0];
      if (next === undefined) continue;
      this.#remove(caller, next);
      // To the end of the round.
      if (this.#byCaller.delete(caller)) this.#byCaller.set(caller, mine);
      return next;
    }
    return undefined;
  }

  #remove(caller: string, waiting: Waiting): void {
    clearTimeout(waiting.timer);
    const mine = this.#byCaller.get(caller) ?? [];
    const place = mine.indexOf(waiting);
    if (place === -1) return;
    mine.splice(place, 1);
    this.#waiting -= 1;
    if (mine.length === 0) this.#byCaller.delete(caller);
  }
}
