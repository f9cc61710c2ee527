import { dirname } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock";
import { ConfigError } from "../../shared/config-error";
import { FileWatch } from "../../shared/file-watch";
import type { LiveSecrets, SecretsState } from "../../shared/live-secrets";
import type { MetricsRegistry } from "../../shared/metrics-registry";
import type { Environment } from "../../shared/secret-files";
import { LiveLevels } from "../enforcement/levels";
import { nextPriceChange } from "../money/pricing/price-list";
import type { Deployment, ModelCatalog, RoutingSettings } from "../providers/deployment";
import { type LoadedCatalog, type LoadOrigin, loadCatalog, readConfigText } from "./load-catalog";
import { PromptStore } from "./prompt-store";

/** Settings of `LiveConfiguration`. */
export interface LiveConfigurationSettings {
  /** Of `config.yaml`. */
  readonly path: string;
  readonly origin: Omit<LoadOrigin, "nowMs" | "env">;
  /** Directory of the files of the enforcement levels. */
  readonly promptsDirectory: string;
  readonly secrets: LiveSecrets;
  /** Puts secrets in force that the process itself uses. @throws ConfigError when they cannot be: then it has changed nothing */
  readonly acceptSecrets: (variables: Environment, names: readonly string[]) => void;
  /** Whether `config.yaml` may refer to the variable: then it is loaded anew when the variable changes. */
  readonly isReferable: (name: string) => boolean;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  readonly clock: Clock;
  /** What is in force at the start. */
  readonly loaded: LoadedCatalog;
  /** @default - that of `FileWatch` */
  readonly settleMs?: number | undefined;
  /** @default - that of `FileWatch` */
  readonly pollMs?: number | undefined;
}

/** How loading the configuration went. */
interface ReloadState {
  /** When what is in force was loaded, in milliseconds since 1970 by this machine's clock. */
  readonly succeededAt: number;
  /** Whether the file as it was last looked at is in force. */
  readonly isInForce: boolean;
  /** How often it was refused. */
  readonly failures: number;
}

/**
 * The configuration in force: `config.yaml`, the secrets that it refers to, and the rules of its enforcement levels, all of which may change
 * without a restart. A wrong file is refused and said in the log, with line and column; what was in force stays so.
 */
export class LiveConfiguration {
  readonly catalog: LiveCatalog;
  readonly levels: LiveLevels;
  readonly prompts: PromptStore;
  readonly #settings: LiveConfigurationSettings;
  readonly #watch: FileWatch;
  /** Text that was looked at last, whether it was taken over or refused. */
  #judged: string | undefined;
  /** Text of the last look. */
  #seen: string | undefined;
  #loaded: LoadedCatalog;
  #loadedAt: number;
  #state: ReloadState = { succeededAt: Date.now(), isInForce: true, failures: 0 };

  constructor(settings: LiveConfigurationSettings) {
    const { path, promptsDirectory, secrets, loaded, logger, clock, settleMs, pollMs } = settings;
    this.#settings = settings;
    this.#loaded = loaded;
    this.#judged = loaded.text;
    this.#seen = loaded.text;
    this.#loadedAt = clock.now();
    this.catalog = new LiveCatalog(loaded.catalog);
    this.levels = new LiveLevels(loaded.levels);
    this.prompts = new PromptStore({ directory: promptsDirectory, levels: this.levels, logger });
    this.#watch = new FileWatch({
      directories: [dirname(path), promptsDirectory],
      // Rules last: they see the levels that the configuration has brought.
      files: [secrets, { look: () => this.#look() }, this.prompts],
      settleMs,
      pollMs,
    });
  }

  /** What was made of `config.yaml`. */
  get loaded(): LoadedCatalog {
    return this.#loaded;
  }

  /** How the last attempt to load `config.yaml` went. */
  get state(): ReloadState {
    return this.#state;
  }

  /** Follows changes from now on. Resolves when the rules are read, as far as they are there. */
  async start(): Promise<void> {
    const { secrets, acceptSecrets, isReferable, logger, settleMs } = this.#settings;
    secrets.start({
      logger,
      accept: acceptSecrets,
      onChanged: (names) => {
        if (names.some(isReferable)) this.reload();
      },
    });
    await this.prompts.readAll(settleMs);
    this.#watch.start();
  }

  stop(): void {
    this.#settings.secrets.stop();
    this.#watch.stop();
  }

  /** Loads `config.yaml` whether it changed or not; deployments that were cooling down are asked again. */
  reload(): void {
    const { path, origin, secrets, logger, clock } = this.#settings;
    const nowMs = clock.now();
    try {
      // Configuration and secrets are delivered together: a new key that the file names must not be missed.
      secrets.refresh();
      const loaded = loadCatalog(path, { ...origin, env: secrets.variables, nowMs });
      this.#loaded = loaded;
      this.#judged = loaded.text;
      this.#loadedAt = nowMs;
      this.catalog.replace(loaded.catalog);
      this.levels.replace(loaded.levels);
      this.#state = { ...this.#state, succeededAt: Date.now(), isInForce: true };
      logger.info({ models: loaded.catalog.groups.size }, "configuration reloaded");
      for (const notice of loaded.notices) logger.warn(notice);
    } catch (error) {
      this.#state = { ...this.#state, isInForce: false, failures: this.#state.failures + 1 };
      // Whatever is wrong with the new file, it must not end a process that works with the old one.
      const reason = error instanceof ConfigError ? { issues: error.issues } : { err: error };
      logger.error(reason, "configuration rejected, keeping the previous one");
    }
    // Levels that it has added have files of their own.
    this.#watch.look();
  }

  /** @returns whether the last two looks saw the same text */
  #look(): boolean {
    const text = this.#readText();
    const isSettled = text === this.#seen;
    this.#seen = text;
    if (text === this.#judged && !this.#isPriceDue) return true;
    if (!isSettled) return false;
    this.#judged = text;
    this.reload();
    return true;
  }

  /** Whether a change lies between then and now. The clock may have been ahead then: it is put right when Postgres has answered. */
  get #isPriceDue(): boolean {
    const now = this.#settings.clock.now();
    return (nextPriceChange(Math.min(this.#loadedAt, now)) ?? Infinity) <= Math.max(this.#loadedAt, now);
  }

  /** A file that is gone for a moment is being replaced; one that stays away is refused once. */
  #readText(): string | undefined {
    try {
      return readConfigText(this.#settings.path);
    } catch {
      return undefined;
    }
  }
}

/**
 * The catalogue in force. Whoever holds it sees each new one from the moment it is put in place; a request takes
 * what it needs when it begins, so a running one keeps the deployments it has.
 */
export class LiveCatalog implements ModelCatalog {
  #current: ModelCatalog;

  constructor(first: ModelCatalog) {
    this.#current = first;
  }

  get groups(): ReadonlyMap<string, readonly Deployment[]> {
    return this.#current.groups;
  }

  get mayDropParams(): boolean {
    return this.#current.mayDropParams;
  }

  get maxEndUserBudgetNano(): number | undefined {
    return this.#current.maxEndUserBudgetNano;
  }

  get routing(): RoutingSettings {
    return this.#current.routing;
  }

  replace(next: ModelCatalog): void {
    this.#current = next;
  }
}

/** Whether what stands in files is what is in force. */
export function addConfigurationMetrics(
  registry: MetricsRegistry,
  configuration: Pick<LiveConfiguration, "state" | "prompts">,
  secrets: () => SecretsState,
): void {
  registry.gauge(
    "gateway_config_last_reload_success_timestamp_seconds",
    "When the configuration in force was loaded, since 1970.",
    () => configuration.state.succeededAt / 1000,
  );
  registry.gauge(
    "gateway_config_last_reload_successful",
    "Whether the file config.yaml, as it last was, is in force.",
    () => Number(configuration.state.isInForce),
  );
  registry.counts("gateway_config_reload_failures_total", "Configurations that were refused.", [], () => [
    [[], configuration.state.failures],
  ]);
  registry.gauge(
    "gateway_secrets_last_reload_success_timestamp_seconds",
    "When the secrets in force were loaded, since 1970.",
    () => secrets().succeededAt / 1000,
  );
  registry.gauge(
    "gateway_secrets_last_reload_successful",
    "Whether the files of SECRETS_DIRECTORY, as they last were, are in force.",
    () => Number(secrets().isInForce),
  );
  registry.counts("gateway_secrets_reload_failures_total", "Secrets that were refused.", [], () => [
    [[], secrets().failures],
  ]);
  registry.gauges(
    "gateway_working_rules_in_force",
    "Whether a level has an enforced prompt; without one its requests are rejected.",
    ["level"],
    () => configuration.prompts.states().map(({ level, isInForce }) => [[level], Number(isInForce)] as const),
  );
  registry.gauges(
    "gateway_working_rules_refused",
    "Whether the file of a level, as it is now, was refused.",
    ["level"],
    () => configuration.prompts.states().map(({ level, isRefused }) => [[level], Number(isRefused)] as const),
  );
}
