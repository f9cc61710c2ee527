import { isUtf8 } from "node:buffer";
import fs from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { JsonLimitError, JsonSyntaxError } from "../../services/gateway/json/json-value";
import { parseJson } from "../../services/gateway/json/parse-json";
import { writeJsonBytes } from "../../services/gateway/json/write-json";
import { DIALECTS, type Dialect } from "../support/enforcement/bodies";
import { CapturingProvider } from "../support/enforcement/capturing-provider";
import { changedBodies, type FuzzRequest, oddBodies, sampleOf } from "../support/enforcement/fuzz-requests";
import { judgeSent } from "../support/enforcement/judge-sent";
import { closeRaw, type RawResponse, sendRaw } from "../support/enforcement/raw-request";
import {
  CREDENTIAL,
  GatewayProcesses,
  isReady,
  MODEL,
  makeKey,
  UPSTREAM_MODEL,
} from "../support/services/gateway-processes";
import type { ServiceProcess } from "../support/services/service-process";

/**
 * Broken and odd bodies on all wire APIs of a gateway as it is really run: it lives, it never has to say that a failure is
 * its own, its memory is bounded, and what it sends has the rules. `FUZZ_BODIES` are shared among the APIs; what is odd in
 * a known way comes on top of them.
 */
const COUNT = Number(process.env["FUZZ_BODIES"] ?? 3000);
const CALLERS = 12;
/** A gateway that only answers takes about 150 MiB; bodies of 12 callers and what is made of them come on top. */
const MAX_RSS_MIB = 420;

const RULES = "# Rules\n\nBe careful.";
const PATHS: Readonly<Record<Dialect, string>> = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
};
let processes: GatewayProcesses;
let provider: CapturingProvider;
let gateway: ServiceProcess;
let key: string;

beforeAll(async () => {
  provider = await CapturingProvider.start();
  processes = await GatewayProcesses.start({ upstreamUrl: provider.urlOf("a", "anthropic"), rules: RULES });
  await processes.useDatabase("fuzz");
  gateway = await processes.startGateway();
  key = await makeKey(gateway);
}, 60_000);
afterAll(async () => {
  closeRaw();
  await Promise.all([processes?.stop(), provider?.stop()]);
});

function send(to: string, body: Buffer): Promise<RawResponse> {
  return sendRaw(gateway.url, {
    method: "POST",
    path: to,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body,
  });
}

function rssMib(): number {
  const status = fs.readFileSync(`/proc/${gateway.child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** What a body holds for `JSON.parse`; `undefined` when it is no JSON. */
function referenceOf(bytes: Buffer): { value: unknown } | undefined {
  // Its decoder would put another character in the place of bytes that are none.
  if (!isUtf8(bytes)) return undefined;
  try {
    return { value: JSON.parse(bytes.toString()) };
  } catch {
    return undefined;
  }
}

/** Minus nothing is nothing. */
const isSame = (one: unknown, other: unknown) =>
  isDeepStrictEqual(one, other) || JSON.stringify(one) === JSON.stringify(other);

/** @returns what the gateway's reader and `JSON.parse` disagree about */
function compareReaders(bytes: Buffer, reference: { value: unknown } | undefined): string | undefined {
  try {
    const again = JSON.parse(writeJsonBytes(parseJson(bytes)).toString()) as unknown;
    if (reference === undefined) return "it reads what JSON.parse does not";
    return isSame(again, reference.value) ? undefined : "it reads something else";
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) return String(error);
    const isLimit = error instanceof JsonLimitError;
    return reference === undefined || isLimit ? undefined : `it does not read it: ${error.message}`;
  }
}

const expected = { rules: RULES, upstreamModel: UPSTREAM_MODEL, credential: CREDENTIAL };
const NOT_JSON = /The body is not valid JSON/;

interface Tally {
  readonly failures: string[];
  bodies: number;
  answered: number;
  mostMib: number;
}

async function fuzz(dialect: Dialect, requests: Iterable<FuzzRequest>, tally: Tally): Promise<void> {
  const queue = requests[Symbol.iterator]();
  const caller = async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      const { name, bytes } = next.value;
      const reference = referenceOf(bytes);
      const wrong = [compareReaders(bytes, reference)];
      const { status, body } = await send(PATHS[dialect], bytes).catch((error) => ({
        status: 0,
        body: String(error),
      }));
      if (status !== 200 && (status < 400 || status > 499)) wrong.push(`${status} ${body.slice(0, 300)}`);
      if (reference === undefined && status === 200) wrong.push("no JSON, and an answer");
      if (reference !== undefined && NOT_JSON.test(body)) wrong.push(`JSON, but ${body.slice(0, 300)}`);
      for (const sent of provider.take("a")) wrong.push(...judgeSent(sent, expected));
      tally.bodies++;
      if (status === 200) tally.answered++;
      if (tally.bodies % 500 === 0) tally.mostMib = Math.max(tally.mostMib, rssMib());
      for (const one of wrong) if (one !== undefined) tally.failures.push(`${dialect} ${name}: ${one}`);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

it("harm no gateway and pass no rules", async () => {
  const tally: Tally = { failures: [], bodies: 0, answered: 0, mostMib: 0 };
  const begun = Date.now();
  for (const dialect of DIALECTS) {
    await fuzz(dialect, oddBodies(sampleOf(dialect, MODEL)), tally);
    tally.mostMib = Math.max(tally.mostMib, rssMib());
  }
  for (const dialect of DIALECTS)
    await fuzz(dialect, changedBodies(dialect, MODEL, Math.ceil(COUNT / 3)), tally);
  const { failures, ...figures } = tally;
  process.stdout.write(
    `fuzz: ${JSON.stringify({ ...figures, atEndMib: Math.round(rssMib()), seconds: (Date.now() - begun) / 1000 })}\n`,
  );
  expect(failures.slice(0, 20)).toEqual([]);
  expect(tally.answered).toBeGreaterThan(COUNT / 10);
  expect(gateway.child.exitCode).toBeNull();
  expect(await isReady(gateway)).toBe(true);
  expect(tally.mostMib).toBeLessThan(MAX_RSS_MIB);
  expect(gateway.output).not.toContain("internal error");
}, 1_800_000);
