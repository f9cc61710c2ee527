import { setTimeout as wait } from "node:timers/promises";
import { MODEL } from "../services/gateway-processes";
import { type Answer, call } from "./call";
import type { DeployedGateway } from "./deployed-gateway";
import { Starvation } from "./starvation";

/** Between two requests to one gateway, in milliseconds. */
const PERIOD_MS = 250;
/** A request that has no answer by then counts as not served, in milliseconds. */
const LIMIT_MS = 30_000;
/**
 * Somebody else is served within this time, in milliseconds, on a machine that has the time. Demanded of the median at each
 * gateway, not of all: other programs take a second now and then. A gateway that stands still makes all requests of
 * that time late, and the median with them.
 */
const SOON_MS = 1000;
/** And nobody waits longer than this, in milliseconds. */
const AT_MOST_MS = 10_000;

/** What somebody else got at one gateway while there was a fault. */
export interface Service {
  readonly gateway: string;
  readonly asked: number;
  /** Of all requests that were answered with 200, in milliseconds; infinite when that was none. */
  readonly medianMs: number;
  readonly slowestMs: number;
  /** By how much the machine made all of it slower. */
  readonly starvation: number;
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
    const starvation = new Starvation([gateway.pid]);
    while (!this.#over.signal.aborted) {
      asked.push(askShortly(gateway, key));
      await wait(PERIOD_MS, undefined, { signal: this.#over.signal }).catch(() => {});
    }
    const answers = await Promise.all(asked);
    return toService(gateway.name, answers, starvation.factor);
  }

  /** Waits for the last answers. */
  stop(): Promise<Service[]> {
    this.#over.abort();
    return this.#services;
  }
}

function toService(gateway: string, answers: readonly Answer[], starvation: number): Service {
  const served = answers.filter(({ status }) => status === 200);
  const times = served.map(({ ms }) => Math.round(ms)).sort((one, other) => one - other);
  const failed = answers.filter(({ status }) => status !== 200);
  return {
    gateway,
    asked: answers.length,
    medianMs: times[times.length >> 1] ?? Number.POSITIVE_INFINITY,
    slowestMs: times.at(-1) ?? Number.POSITIVE_INFINITY,
    starvation,
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
export function judgeService({
  gateway,
  asked,
  medianMs,
  slowestMs,
  starvation,
  failures,
}: Service): string[] {
  const problems: string[] = [];
  if (failures.length > 0) problems.push(`${gateway} did not serve somebody else: ${failures.join(" | ")}`);
  if (medianMs > SOON_MS * starvation || slowestMs > AT_MOST_MS * starvation) {
    const times = `median ${medianMs} ms, at most ${slowestMs} ms`;
    problems.push(
      `${gateway} let somebody else wait: ${asked} requests, ${times}, starved by ${starvation.toFixed(1)}`,
    );
  }
  return problems;
}
