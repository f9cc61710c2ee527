import type { Logger } from "pino";

/** What Postgres says to a wrong password. */
const INVALID_PASSWORD = "28P01";

/**
 * The password of the gateway's role while it may change. Files and the database change one after the other, nobody knows in which order:
 * until Postgres has taken the new one, what it took last is tried as well, so that no connection fails for the moment in between.
 */
export class DatabasePassword {
  readonly #logger: Pick<Logger, "info" | "warn">;
  readonly #listeners: ((next: string) => void)[] = [];
  /** What it is to be. */
  #wanted: string;
  /** What Postgres took last; before that, what the first connections are to be made with. */
  #good: string;
  #current: string;
  #isRefused = false;
  /** Looks whether there is a new one now. */
  #lookAgain = () => {};

  constructor(first: string, logger: Pick<Logger, "info" | "warn">) {
    this.#wanted = first;
    this.#good = first;
    this.#current = first;
    this.#logger = logger;
  }

  /** For the next connection. */
  get current(): string {
    return this.#current;
  }

  /** Whether Postgres has refused the latest one and not taken it since. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Told of every new one. */
  onChange(listener: (next: string) => void): void {
    this.#listeners.push(listener);
  }

  /** @param look called when Postgres refuses one, before another is tried: it may `change` it */
  whenRefused(look: () => void): void {
    this.#lookAgain = look;
  }

  change(next: string): void {
    if (next === this.#wanted) return;
    this.#wanted = next;
    this.#current = next;
    this.#isRefused = false;
    for (const listener of this.#listeners) listener(next);
  }

  /** Postgres took it for a new connection. */
  took(used: string): void {
    if (used === this.#wanted && this.#good !== used) this.#logger.info("database password in force");
    if (used === this.#wanted) this.#isRefused = false;
    this.#good = used;
  }

  /**
   * A connection failed.
   * @param used the password that was current when it began
   * @returns whether the connection would fail for the password, and there is another to try at once
   */
  failed(error: unknown, used: string): boolean {
    if ((error as { code?: unknown } | null)?.code !== INVALID_PASSWORD) return false;
    if (used === this.#wanted && this.#good !== used && !this.#isRefused) {
      this.#isRefused = true;
      this.#logger.warn("the database refuses the new password; the former one is used until it is taken");
    }
    this.#lookAgain();
    if (used === this.#current) this.#current = used === this.#wanted ? this.#good : this.#wanted;
    return this.#current !== used;
  }
}
