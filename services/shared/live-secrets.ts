import type { Logger } from "pino";
import { ConfigError } from "./config-error";
import type { WatchedFiles } from "./file-watch";
import { type Environment, mergeSecrets, readSecretFiles, type SecretFiles } from "./secret-files";

/** What becomes of changed secrets. */
export interface SecretUse {
  readonly logger: Pick<Logger, "info" | "error">;
  /**
   * Puts them in force.
   * @param names those that are not as before
   * @throws ConfigError when they cannot be: then it has changed nothing
   */
  readonly accept: (variables: Environment, names: readonly string[]) => void;
  /** Told the names of those that came into force, `refresh` aside. */
  readonly onChanged: (names: readonly string[]) => void;
}

/** How it went to put secrets in force. */
export interface SecretsState {
  /** When those in force were read, in milliseconds since 1970 by this machine's clock. */
  readonly succeededAt: number;
  /** Whether the files, as they were last looked at, are in force. */
  readonly isInForce: boolean;
  /** How often they were refused. */
  readonly failures: number;
}

/** What one look at the directory found. */
interface Look {
  readonly path: string | undefined;
  readonly values: Readonly<Record<string, string>>;
  readonly issues: readonly string[];
}

/**
 * The variables of the process, with the secrets that are files in `SECRETS_DIRECTORY`, which may change while it runs. All files of a
 * directory come into force together or not at all; those that cannot be used leave the former in force, and the log says why. No value
 * is ever logged.
 */
export class LiveSecrets implements WatchedFiles {
  readonly #env: Environment;
  readonly #directory: string | undefined;
  #use: SecretUse | undefined;
  #variables: Environment;
  /** What was looked at last and taken over or refused. */
  #judged: Look;
  /** What was seen once and may be half-written. */
  #unsettled: string | undefined;
  #state: SecretsState = { succeededAt: Date.now(), isInForce: true, failures: 0 };

  /** @throws ConfigError naming the directory or each file that cannot be used */
  constructor(env: Environment) {
    this.#env = env;
    this.#directory = env["SECRETS_DIRECTORY"] || undefined;
    this.#judged =
      this.#directory === undefined
        ? { path: undefined, values: {}, issues: [] }
        : toLook(readSecretFiles(this.#directory));
    this.#variables = mergeSecrets(env, this.#judged.values);
  }

  /** All variables in force. */
  get variables(): Environment {
    return this.#variables;
  }

  get state(): SecretsState {
    return this.#state;
  }

  /** From now on looks take over what changed. */
  start(use: SecretUse): void {
    this.#use = use;
  }

  stop(): void {
    this.#use = undefined;
  }

  look(): boolean {
    const names = this.refresh();
    if (names.length > 0) this.#use?.onChanged(names);
    return this.#unsettled === undefined;
  }

  /** Looks now. @returns the names of those that came into force by this */
  refresh(): readonly string[] {
    if (this.#directory === undefined || this.#use === undefined) return [];
    const look = lookAt(this.#directory);
    if (isSame(look, this.#judged)) {
      this.#judged = look;
      this.#unsettled = undefined;
      return [];
    }
    // A directory that was put in the place of another is whole. Files that are written in their place may not be, nor is one that is gone.
    const isReplaced = look.path !== undefined && look.path !== this.#judged.path;
    const text = textOf(look);
    if (!isReplaced && text !== this.#unsettled) {
      this.#unsettled = text;
      return [];
    }
    this.#unsettled = undefined;
    return this.#judge(look, this.#use);
  }

  #judge(look: Look, { accept, logger }: SecretUse): readonly string[] {
    this.#judged = look;
    try {
      if (look.issues.length > 0) throw new ConfigError(look.issues);
      const next = mergeSecrets(this.#env, look.values);
      const before = this.#variables;
      const names = [...new Set([...Object.keys(before), ...Object.keys(next)])]
        .filter((name) => before[name] !== next[name])
        .sort();
      accept(next, names);
      this.#variables = next;
      this.#state = { ...this.#state, succeededAt: Date.now(), isInForce: true };
      logger.info({ names }, "secrets reloaded");
      return names;
    } catch (error) {
      this.#state = { ...this.#state, isInForce: false, failures: this.#state.failures + 1 };
      // Whatever is wrong with them, it must not end a process that works with the former ones.
      const reason = error instanceof ConfigError ? { issues: error.issues } : { err: error };
      logger.error(reason, "secrets rejected, keeping the previous ones");
      return [];
    }
  }
}

function lookAt(directory: string): Look {
  try {
    return toLook(readSecretFiles(directory));
  } catch (error) {
    const issues = error instanceof ConfigError ? error.issues : [String(error)];
    return { path: undefined, values: {}, issues };
  }
}

const toLook = ({ path, values }: SecretFiles): Look => ({ path, values, issues: [] });
const textOf = ({ values, issues }: Look): string => JSON.stringify([values, issues]);
const isSame = (one: Look, other: Look): boolean => textOf(one) === textOf(other);
