import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock";
import { ConfigError } from "../../shared/config-error";
import type { Environment } from "../../shared/secret-files";
import type { MetricsRegistry } from "../metrics/registry";
import { nextPriceChange } from "../money/pricing/price-list";
import type { Deployment, ModelCatalog, RoutingSettings } from "../providers/deployment";
import type { SecretsState } from "./live-secrets";
import { type LoadedCatalog, type LoadOrigin, loadCatalog, readConfigText } from "./load-catalog";
import type { PromptStore } from "./prompt-store";

/** Settings of `CatalogReloader`. */
export interface CatalogReloaderSettings {
  readonly path: string;
  readonly origin: Omit<LoadOrigin, "nowMs" | "env">;
  /** The variables as they are when the file is loaded. */
  readonly env: () => Environment;
  readonly catalog: LiveCatalog;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  readonly clock: Clock;
  /** Told of what is put in force, the start aside. @default - nobody */
  readonly onLoaded?: (loaded: LoadedCatalog) => void;
  /** What is in force at the start. */
  readonly loaded: LoadedCatalog;
  /** Editors and copies write in several steps; the file must look the same so long apart. @default 200 ms */
  readonly quietMs?: number;
  /** Not every mount reports changes, so the file is also looked at now and then. @default 1000 ms */
  readonly pollMs?: number;
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
 * Puts a changed `config.yaml` in force without a restart. A wrong one is refused and said in the log, with line
 * and column; what was in force stays so. List prices that become valid count as a change too.
 */
export class CatalogReloader {
  readonly #settings: CatalogReloaderSettings;
  /** Text that was looked at last, whether it was taken over or refused. */
  #seen: string | undefined;
  /** Text of the last look. */
  #lastText: string | undefined;
  #loaded: LoadedCatalog;
  #loadedAt: number;
  #state: ReloadState = { succeededAt: Date.now(), isInForce: true, failures: 0 };
  #watcher: FSWatcher | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;

  constructor(settings: CatalogReloaderSettings) {
    this.#settings = settings;
    this.#loaded = settings.loaded;
    this.#seen = settings.loaded.text;
    this.#lastText = settings.loaded.text;
    this.#loadedAt = settings.clock.now();
  }

  /** What is in force. */
  get loaded(): LoadedCatalog {
    return this.#loaded;
  }

  /** How the last attempt went. */
  get state(): ReloadState {
    return this.#state;
  }

  start(): void {
    const { path, pollMs = 1000 } = this.#settings;
    this.#poll = setInterval(() => this.#look(), pollMs).unref();
    try {
      // The directory, because a file that is replaced takes its own watcher with it.
      this.#watcher = watch(dirname(path), { persistent: false }, () => this.#lookWhenQuiet());
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {
      // No watchers left, or a file system without them: the poll finds changes too.
    }
  }

  /** Loads the file whether it changed or not; deployments that were cooling down are asked again. */
  reload(): void {
    const { path, origin, env, catalog, logger, clock } = this.#settings;
    const nowMs = clock.now();
    try {
      const loaded = loadCatalog(path, { ...origin, env: env(), nowMs });
      this.#loaded = loaded;
      this.#seen = loaded.text;
      this.#loadedAt = nowMs;
      catalog.replace(loaded.catalog);
      this.#settings.onLoaded?.(loaded);
      this.#state = { ...this.#state, succeededAt: Date.now(), isInForce: true };
      logger.info({ models: loaded.catalog.groups.size }, "configuration reloaded");
      for (const notice of loaded.notices) logger.warn(notice);
    } catch (error) {
      this.#state = { ...this.#state, isInForce: false, failures: this.#state.failures + 1 };
      // Whatever is wrong with the new file, it must not end a process that works with the old one.
      const reason = error instanceof ConfigError ? { issues: error.issues } : { err: error };
      logger.error(reason, "configuration rejected, keeping the previous one");
    }
  }

  stop(): void {
    this.#watcher?.close();
    clearTimeout(this.#quiet);
    clearInterval(this.#poll);
  }

  #lookWhenQuiet(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#look(), this.#settings.quietMs ?? 200).unref();
  }

  /** A text counts once it is the same at two looks: no half of one is ever taken for the whole. */
  #look(): void {
    const text = this.#readText();
    const isSettled = text === this.#lastText;
    this.#lastText = text;
    if (text === this.#seen && !this.#isPriceDue) return;
    if (!isSettled) {
      this.#lookWhenQuiet();
      return;
    }
    this.#seen = text;
    this.reload();
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
  reload: () => ReloadState,
  secrets: () => SecretsState,
  prompts: Pick<PromptStore, "states">,
): void {
  registry.gauge(
    "gateway_config_last_reload_success_timestamp_seconds",
    "When the configuration in force was loaded, since 1970.",
    () => reload().succeededAt / 1000,
  );
  registry.gauge(
    "gateway_config_last_reload_successful",
    "Whether the file config.yaml, as it last was, is in force.",
    () => Number(reload().isInForce),
  );
  registry.counts("gateway_config_reload_failures_total", "Configurations that were refused.", [], () => [
    [[], reload().failures],
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
    () => prompts.states().map(({ level, isInForce }) => [[level], Number(isInForce)] as const),
  );
  registry.gauges(
    "gateway_working_rules_refused",
    "Whether the file of a level, as it is now, was refused.",
    ["level"],
    () => prompts.states().map(({ level, isRefused }) => [[level], Number(isRefused)] as const),
  );
}
