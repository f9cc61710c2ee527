import type { QuotaStore } from "../ports/quota-store";

interface Correction {
  readonly account: string;
  /** `undefined`: counts beside any block. */
  readonly block: number | undefined;
  amount: number;
}

/**
 * Sends corrections to the store one round at a time; what comes meanwhile is added up for the next, so that under
 * load there are few statements for many requests.
 */
export class Corrections {
  #pending = new Map<string, Correction>();
  #isSending = false;

  constructor(
    readonly store: QuotaStore,
    /** A correction that is lost leaves too much counted, or an answer's excess uncounted; never a request. */
    readonly onError: (error: unknown) => void,
  ) {}

  refund(account: string, block: number, amount: number): void {
    this.#put(account, block, amount);
  }

  add(account: string, amount: number): void {
    this.#put(account, undefined, amount);
  }

  #put(account: string, block: number | undefined, amount: number): void {
    const name = `${account} ${block}`;
    const known = this.#pending.get(name);
    if (known === undefined) this.#pending.set(name, { account, block, amount });
    else known.amount += amount;
    if (!this.#isSending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    while (this.#pending.size > 0) {
      const batch = [...this.#pending.values()];
      this.#pending = new Map();
      // One after the other: they are not urgent, and connections are few.
      for (const { account, block, amount } of batch) {
        const sent =
          block === undefined ? this.store.add(account, amount) : this.store.refund(account, block, amount);
        await sent.catch(this.onError);
      }
    }
    this.#isSending = false;
  }
}
