import { setTimeout as wait } from "node:timers/promises";
import { MODEL } from "../services/gateway-processes";
import { type Answer, call } from "./call";
import type { DeployedGateway } from "./deployed-gateway";

/** Between two requests to one gateway, in milliseconds. */
const PERIOD_MS = 250;
/** A request that has no answer by then counts as not served, in milliseconds. */
const LIMIT_MS = 10_000;
/** What the issue promises, in milliseconds. */
const SOON_MS = 1000;
/**
 * How many of the requests must be served that soon. Not all: tests run on machines that others use, where a
 * second passes without anybody's fault; a gateway that stands still for a time makes all requests of that time late.
 */
const MOST = 0.75;

/** What somebody else got while there was a fault. */
export interface Service {
  readonly asked: number;
  /** Of the answers with status 200, in milliseconds. */
  readonly medianMs: number;
  readonly slowestMs: number;
  /** Part that was served within a second. */
  readonly soon: number;
  /** The first few that were not served at all. */
  readonly failures: readonly string[];
}

/**
 * Somebody else, with a key and an address of their own, who asks every gateway for a short answer four times a second,
 * whether or not the one before has come: a gateway that stands still makes all of them late, not only one.
 */
export class Bystander {
  readonly #asked: Promise<Answer>[] = [];
  readonly #over = new AbortController();
  readonly #asking: Promise<unknown>;

  constructor(gateways: readonly DeployedGateway[], key: string) {
    this.#asking = Promise.all(gateways.map((gateway) => this.#ask(gateway, key)));
  }

  async #ask(gateway: DeployedGateway, key: string): Promise<void> {
    while (!this.#over.signal.aborted) {
      this.#asked.push(askShortly(gateway, key));
      await wait(PERIOD_MS, undefined, { signal: this.#over.signal }).catch(() => {});
    }
  }

  /** Waits for the last answers. */
  async stop(): Promise<Service> {
    this.#over.abort();
    await this.#asking;
    const answers = await Promise.all(this.#asked);
    const served = answers.filter(({ status }) => status === 200);
    const times = served.map(({ ms }) => Math.round(ms)).sort((one, other) => one - other);
    const failed = answers.filter(({ status }) => status !== 200);
    return {
      asked: answers.length,
      medianMs: times[times.length >> 1] ?? Number.POSITIVE_INFINITY,
      slowestMs: times.at(-1) ?? Number.POSITIVE_INFINITY,
      soon: times.filter((ms) => ms <= SOON_MS).length / answers.length,
      failures: failed.slice(0, 3).map(({ status, body }) => `${status} ${body.slice(0, 200)}`),
    };
  }
}

/** One of a bystander's requests. */
export function askShortly({ url }: DeployedGateway, key: string): Promise<Answer> {
  const messages = [{ role: "user", content: "go" }];
  const body = { model: MODEL, messages, max_tokens: 10 };
  return call(`${url}/v1/chat/completions`, { key, body, timeoutMs: LIMIT_MS });
}

/** @returns what was promised to others and not kept */
export function judgeService({ asked, soon, failures }: Service): string[] {
  const problems: string[] = [];
  if (failures.length > 0) problems.push(`somebody else was not served: ${failures.join(" | ")}`);
  if (soon < MOST)
    problems.push(`only ${Math.round(soon * 100)} % of ${asked} requests of somebody else within a second`);
  return problems;
}
