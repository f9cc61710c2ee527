import { setTimeout as wait } from "node:timers/promises";
import { MODEL } from "../services/gateway-processes";
import { type Answer, call } from "./call";
import type { DeployedGateway } from "./deployed-gateway";

/** Between two requests to one gateway, in milliseconds. */
const PERIOD_MS = 250;
/** A request that has no answer by then counts as not served, in milliseconds. */
const LIMIT_MS = 10_000;
/**
 * Somebody else is served within this time, in milliseconds. Demanded of the median at each gateway, not of all: tests run on
 * machines that others use, where a second passes without anybody's fault. A gateway that stands still makes all
 * requests of that time late, and the median with them.
 */
const SOON_MS = 1000;

/** What somebody else got at one gateway while there was a fault. */
export interface Service {
  readonly gateway: string;
  readonly asked: number;
  /** Of all requests that were answered with 200, in milliseconds; infinite when that was none. */
  readonly medianMs: number;
  readonly slowestMs: number;
  /** The first few that were not served at all. */
  readonly failures: readonly string[];
}

/**
 * Somebody else, with a key and an address of their own, who asks every gateway for a short answer four times a second,
 * whether or not the one before has come: a gateway that stands still makes all of them late, not only one.
 */
export class Bystander {
  readonly #over = new AbortController();
  readonly #services: Promise<Service[]>;

  constructor(gateways: readonly DeployedGateway[], key: string) {
    this.#services = Promise.all(gateways.map((gateway) => this.#ask(gateway, key)));
  }

  async #ask(gateway: DeployedGateway, key: string): Promise<Service> {
    const asked: Promise<Answer>[] = [];
    while (!this.#over.signal.aborted) {
      asked.push(askShortly(gateway, key));
      await wait(PERIOD_MS, undefined, { signal: this.#over.signal }).catch(() => {});
    }
    return toService(gateway.name, await Promise.all(asked));
  }

  /** Waits for the last answers. */
  stop(): Promise<Service[]> {
    this.#over.abort();
    return this.#services;
  }
}

function toService(gateway: string, answers: readonly Answer[]): Service {
  const served = answers.filter(({ status }) => status === 200);
  const times = served.map(({ ms }) => Math.round(ms)).sort((one, other) => one - other);
  const failed = answers.filter(({ status }) => status !== 200);
  return {
    gateway,
    asked: answers.length,
    medianMs: times[times.length >> 1] ?? Number.POSITIVE_INFINITY,
    slowestMs: times.at(-1) ?? Number.POSITIVE_INFINITY,
    failures: failed.slice(0, 3).map(({ status, body }) => `${status} ${body.slice(0, 200)}`),
  };
}

/** One of a bystander's requests. */
export function askShortly({ url }: DeployedGateway, key: string): Promise<Answer> {
  const messages = [{ role: "user", content: "go" }];
  const body = { model: MODEL, messages, max_tokens: 10 };
  return call(`${url}/v1/chat/completions`, { key, body, timeoutMs: LIMIT_MS });
}

/** @returns what was promised to others and not kept */
export function judgeService({ gateway, asked, medianMs, failures }: Service): string[] {
  const problems: string[] = [];
  if (failures.length > 0) problems.push(`${gateway} did not serve somebody else: ${failures.join(" | ")}`);
  if (medianMs > SOON_MS)
    problems.push(`${gateway} let somebody else wait: median of ${asked} is ${medianMs} ms`);
  return problems;
}
