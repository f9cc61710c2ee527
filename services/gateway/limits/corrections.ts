import type { QuotaCorrection, QuotaStore } from "../ports/quota-store";

/** How long corrections are added up before they are sent, in milliseconds. */
const GATHER_MS = 50;

/** Adds corrections up and sends them together, so that under load there are few statements for many requests. */
export class Corrections {
  #pending = new Map<string, QuotaCorrection>();
  #timer: NodeJS.Timeout | undefined;
  /** Accounts of the batch that is under way. */
  #sending: ReadonlySet<string> = new Set();
  /** That batch, or the last one. */
  #sent: Promise<void> = Promise.resolve();
  /** The batch behind it. */
  #next: Promise<void> | undefined;

  constructor(
    readonly store: Pick<QuotaStore, "correct">,
    /** A correction that is lost leaves too much counted, or an answer's excess uncounted; never a request. */
    readonly onError: (error: unknown) => void,
  ) {}

  /** @param block `undefined`: `amount` counts beside any block; otherwise it is given back from that block */
  put(account: string, block: number | undefined, amount: number): void {
    const name = `${account} ${block}`;
    const known = this.#pending.get(name);
    this.#pending.set(name, { account, block, amount: amount + (known?.amount ?? 0) });
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  /** Whether the store does not know all about an account yet. */
  isBehind(account: string): boolean {
    if (this.#sending.has(account)) return true;
    for (const correction of this.#pending.values()) if (correction.account === account) return true;
    return false;
  }

  /** Sends what is gathered at once. Resolves when the store has it, or it is lost. */
  flush(): Promise<void> {
    if (this.#pending.size === 0) return this.#sent;
    this.#next ??= this.#sent.then(() => this.#send());
    return this.#next;
  }

  #send(): Promise<void> {
    const batch = [...this.#pending.values()];
    this.#pending = new Map();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = undefined;
    this.#sending = new Set(batch.map(({ account }) => account));
    this.#sent = this.store
      .correct(batch)
      .catch(this.onError)
      .finally(() => {
        this.#sending = new Set();
      });
    return this.#sent;
  }
}
