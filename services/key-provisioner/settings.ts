import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import { z } from "zod";
import { ConfigError } from "../shared/config-error";
import { isInScope } from "../shared/enforcement-scope";
import type { WatchedFiles } from "../shared/file-watch";
import { SettledText } from "./settled-text";

const scope = z.strictObject({
  budgetUsd: z.number().min(0),
  period: z.string(),
  requestsPerMinute: z.int().min(0),
  tokensPerMinute: z.int().min(0),
  parallelRequests: z.int().min(0),
  /** Empty: all. */
  models: z.array(z.string()),
});

const settingsFile = z.strictObject({
  scopes: z.strictObject({
    workspace: scope,
    user: scope,
    ci: scope,
    agentReview: scope,
    agentWrite: scope,
  }),
  enforcement: z.strictObject({
    default: z.string(),
    levels: z.array(z.strictObject({ name: z.string(), strictness: z.int() })).min(1),
    /** Scope → level. */
    minimum: z.record(z.string(), z.string()),
  }),
  /** User name → level that all keys of that user have at least. */
  users: z.record(z.string(), z.string()),
});

/** What keys of one scope may use. */
export type ScopeLimits = z.output<typeof scope>;
/** Name of a scope in the file. */
export type ScopeName = keyof z.output<typeof settingsFile>["scopes"];

/** A level that keys may have. */
export interface Level {
  readonly name: string;
  /** A higher one is stricter. */
  readonly strictness: number;
}

/** What an operator has decided about keys: platform.yaml as the key-provisioner sees it. */
export class Settings {
  readonly scopes: Readonly<Record<ScopeName, ScopeLimits>>;
  readonly #levels: ReadonlyMap<string, Level>;
  readonly #strictest: Level;
  readonly #default: Level;
  readonly #minimums: readonly (readonly [scope: string, level: Level])[];
  readonly #users: ReadonlyMap<string, Level>;

  /** @throws ConfigError naming what is wrong with the text */
  constructor(text: string) {
    const { scopes, enforcement, users } = parseSettings(text);
    this.scopes = scopes;
    this.#levels = new Map(enforcement.levels.map((level) => [level.name, level]));
    const known = (name: string, where: string): Level => {
      const level = this.#levels.get(name);
      if (level === undefined) throw new ConfigError([`${where}: there is no enforcement level ${name}`]);
      return level;
    };
    this.#default = known(enforcement.default, "enforcement.default");
    this.#strictest = enforcement.levels.reduce((a, b) => (b.strictness > a.strictness ? b : a));
    this.#minimums = Object.entries(enforcement.minimum).map(([name, level]) => [
      name,
      known(level, `enforcement.minimum.${name}`),
    ]);
    this.#users = new Map(
      Object.entries(users).map(([name, level]) => [name.toLowerCase(), known(level, `users.${name}`)]),
    );
  }

  /** @returns `undefined` for one that does not exist, or not any more */
  level(name: unknown): Level | undefined {
    return typeof name === "string" ? this.#levels.get(name) : undefined;
  }

  get levelNames(): string[] {
    return [...this.#levels.keys()];
  }

  /**
   * The level that is asked for, raised to what the scope and the user must have at least. Without a wish it is the default one, and one that
   * does not exist asks for the strictest: whoever asks for rules must not end up with fewer because they were renamed.
   * @param scope `metadata.scope` of the key
   */
  clamp(wish: string | undefined, scope: string, user: string | null): Level {
    const asked =
      wish === undefined || wish === "" ? this.#default : (this.#levels.get(wish) ?? this.#strictest);
    const minimums = this.#minimums.flatMap(([of, level]) => (isInScope(scope, of) ? [level] : []));
    const ofUser = this.#users.get(user?.toLowerCase() ?? "");
    return [...minimums, ...(ofUser === undefined ? [] : [ofUser])].reduce(stricter, asked);
  }
}

const stricter = (a: Level, b: Level): Level => (b.strictness > a.strictness ? b : a);

/**
 * The level that a key gets: what is asked for, but an existing key is tightened only. An administrator may permit a looser one.
 * @param asked after `Settings.clamp`
 * @param current of the key that exists; `unknown` when its level does not exist any more
 * @param permitted down to which an administrator lets this key be loosened
 */
export function nextLevel(
  asked: Level,
  current: Level | "unknown" | undefined,
  permitted: Level | undefined,
): Level | "unknown" {
  if (current === undefined) return asked;
  if (current !== "unknown" && asked.strictness >= current.strictness) return asked;
  if (permitted === undefined) return current;
  const loosest = stricter(asked, permitted);
  return current !== "unknown" && loosest.strictness >= current.strictness ? current : loosest;
}

function parseSettings(text: string): z.output<typeof settingsFile> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ConfigError(["CONFIG_FILE: is not JSON"]);
  }
  const result = settingsFile.safeParse(json);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map(({ path, message }) => `CONFIG_FILE: ${path.join(".")}: ${message}`),
  );
}

/** The settings in force: the file may change while the process runs. A wrong one is refused in the log, and the former stays. */
export class LiveSettings implements WatchedFiles {
  #current: Settings;
  readonly #text: SettledText;

  /** @throws ConfigError */
  constructor(
    private readonly path: string,
    private readonly logger: Pick<Logger, "info" | "error">,
    private readonly onChanged: () => void = () => {},
  ) {
    const text = this.#read();
    this.#text = new SettledText(text);
    this.#current = new Settings(text);
  }

  get current(): Settings {
    return this.#current;
  }

  look(): boolean {
    let text: string;
    try {
      text = this.#read();
    } catch {
      // The link to the files is swapped: the next look finds the new ones.
      return true;
    }
    const seen = this.#text.look(text);
    if (seen !== "new") return seen === "same";
    try {
      this.#current = new Settings(text);
      this.logger.info("settings reloaded");
      this.onChanged();
    } catch (error) {
      const issues = error instanceof ConfigError ? error.issues : [String(error)];
      this.logger.error({ issues }, "settings rejected, keeping the previous ones");
    }
    return true;
  }

  #read(): string {
    try {
      return readFileSync(this.path, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new ConfigError([`CONFIG_FILE: ${this.path} cannot be read (${code})`]);
    }
  }
}
