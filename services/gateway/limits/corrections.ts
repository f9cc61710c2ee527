import type { QuotaCorrection, QuotaStore } from "../ports/quota-store";

/** How long corrections are added up before they are sent, in milliseconds. */
const GATHER_MS = 50;

/** Adds corrections up and sends them together, so that under load there are few statements for many requests. */
export class Corrections {
  #pending = new Map<string, QuotaCorrection>();
  #isSending = false;

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
    if (this.#isSending) return;
    this.#isSending = true;
    setTimeout(() => void this.#send(), GATHER_MS);
  }

  async #send(): Promise<void> {
    const batch = [...this.#pending.values()];
    this.#pending = new Map();
    await this.store.correct(batch).catch(this.onError);
    this.#isSending = this.#pending.size > 0;
    if (this.#isSending) setTimeout(() => void this.#send(), GATHER_MS);
  }
}
