import { setTimeout as wait } from "node:timers/promises";
import { bodyOf, DIALECTS, type Dialect } from "../../support/enforcement/bodies";
import type { Play, Turn } from "../../support/faults/billing-provider";
import { type Answer, call } from "../../support/faults/call";
import { useDeployedGateways } from "../../support/faults/deployed-gateways";
import { eventually } from "../../support/services/eventually";
import { CREDENTIAL, MODEL } from "../../support/services/gateway-processes";

/** Providers that say what is not so, leave in the middle or never come to an end. What they bill, they bill all the same. */
const gateways = useDeployedGateways();

const PATHS: Readonly<Record<Dialect, string>> = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
};
const MIB = 1024 * 1024;
/** Words of the working rules, which every request of these tests carries. */
const RULES = "the smallest change for it";

/** Three hundred tokens, honestly generated, with another usage at their start and at their end; `null` for none. */
const withUsage =
  (first: object | null | undefined, last: object | null | undefined): Play =>
  async (turn) => {
    turn.begin();
    await turn.send(...turn.start(first));
    for (let said = 0; said < 3; said += 1) await turn.send(turn.piece());
    await turn.send(...turn.finish(last));
    turn.end();
  };
const HONEST = undefined;

/** The first events of an honest answer, one by one. */
async function sendSome(turn: Turn, count: number): Promise<void> {
  turn.begin();
  turn.response.flushHeaders();
  const [start, open] = turn.start();
  const content = [start, open, "piece", "piece"] as const;
  for (const event of content.slice(0, count)) await turn.send(event === "piece" ? turn.piece() : event);
  for (const event of turn.finish().slice(0, Math.max(0, count - content.length))) await turn.send(event);
}

const breakAfter =
  (count: number): Play =>
  async (turn) => {
    await sendSome(turn, count);
    await wait(50);
    turn.response.destroy();
  };

const usageOf = (input: unknown, output: unknown) => ({ input_tokens: input, output_tokens: output });
const LIES: Readonly<Record<string, Play>> = {
  "negative-usage": withUsage(usageOf(-1000, -1), { output_tokens: -300 }),
  "usage-as-text": withUsage(usageOf("many", "1"), { output_tokens: "300" }),
  "usage-of-1e30": withUsage(usageOf(1e30, 1), { output_tokens: 1e30 }),
  "usage-with-fractions": withUsage(usageOf(0.5, 0.1), { output_tokens: 0.9 }),
  "usage-of-null": withUsage(usageOf(null, null), { output_tokens: null }),
  "usage-of-0": withUsage(usageOf(0, 0), { output_tokens: 0 }),
  "overwritten-by-0": withUsage(HONEST, usageOf(0, 0)),
  "no-usage-at-the-end": withUsage(HONEST, null),
  "no-usage-at-all": withUsage(null, null),
  "breaks-at-once": (turn) => void turn.response.destroy(),
  ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((count) => [`breaks-after-${count}`, breakAfter(count)])),
};

/** Asks for one answer. @returns what came of it */
function ask(
  play: string,
  dialect: Dialect,
  stream: boolean,
  key: string,
  signal?: AbortSignal,
): Promise<Answer> {
  const body = {
    model: MODEL,
    stream,
    ...bodyOf(dialect, { rows: [{ role: "user", content: `play ${play}` }] }),
  };
  const limits = dialect === "responses" ? { max_output_tokens: 1000 } : { max_tokens: 1000 };
  return call(`${gateways.first.url}${PATHS[dialect]}`, {
    key,
    body: { ...body, ...limits },
    timeoutMs: 60_000,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Each API, in one piece and as a stream, of a key that is named after the play. */
async function askForAll(play: string, key: string, signal?: AbortSignal): Promise<Answer[]> {
  const all = DIALECTS.flatMap((dialect) =>
    [false, true].map((stream) => ask(play, dialect, stream, key, signal)),
  );
  return Promise.all(all);
}

/** What the rows of a key say, in nano-USD. */
async function chargedTo(alias: string): Promise<number> {
  const sql = `SELECT coalesce(sum(cost_nano_usd), 0) AS cost FROM audit_log WHERE key_alias = '${alias}'`;
  const [row] = await gateways.query<{ cost: string }>(sql);
  return Number(row?.cost);
}

/** @returns what is wrong with the charge of a play: less than was billed, or more than could be */
async function judgeCharge(play: string): Promise<string[]> {
  const { billed, most } = gateways.provider.billOf(play);
  const charged = await chargedTo(play);
  const figures = `${play}: billed $${billed / 1e9}, charged $${charged / 1e9}, at most $${most / 1e9}`;
  return charged >= billed && charged <= most ? [] : [figures];
}

it("is charged what providers bill, whatever they say about it and wherever they leave", async () => {
  for (const [name, play] of Object.entries(LIES)) gateways.provider.plays.set(name, play);
  await gateways.withstand(
    async () => {
      for (const name of Object.keys(LIES))
        await askForAll(name, await gateways.makeKey({ key_alias: name }));
    },
    { books: "not less" },
  );
  const wrong = await Promise.all(Object.keys(LIES).map(judgeCharge));
  expect(wrong.flat()).toEqual([]);
});

it("is charged what was generated when the client leaves at any event", async () => {
  const stages = [0, 1, 2, 3, 4];
  for (const stage of stages) {
    gateways.provider.plays.set(`stays-after-${stage}`, async (turn) => {
      await sendSome(turn, stage);
      await turn.over;
    });
  }
  await gateways.withstand(
    async () => {
      for (const stage of stages) {
        const play = `stays-after-${stage}`;
        const key = await gateways.makeKey({ key_alias: play });
        const leave = new AbortController();
        const before = gateways.provider.requests;
        const answers = askForAll(play, key, leave.signal);
        await eventually(() => gateways.provider.requests >= before + 6);
        await wait(300);
        leave.abort();
        await answers;
      }
    },
    { books: "not less" },
  );
  const wrong = await Promise.all(stages.map((stage) => judgeCharge(`stays-after-${stage}`)));
  expect(wrong.flat()).toEqual([]);
});

it("pings without end hold nothing once the client has left", async () => {
  gateways.provider.plays.set("pings", async (turn) => {
    turn.begin();
    await turn.send(...turn.start());
    while (!turn.hasLeft) {
      await turn.send({ type: "ping" });
      await wait(5);
    }
  });
  const key = await gateways.makeKey({ key_alias: "pings" });
  await gateways.withstand(() => askForAll("pings", key, AbortSignal.timeout(3000)), { books: "not less" });
  expect(await judgeCharge("pings")).toEqual([]);
});

it.each(DIALECTS)("256 MB of text come to an end, for a client that reads them: %s", async (dialect) => {
  const text = { type: "text_delta", text: "x".repeat(MIB) };
  gateways.provider.plays.set("much", async (turn) => {
    turn.begin();
    await turn.send(...turn.start());
    for (let sent = 0; sent < 256 && !turn.hasLeft; sent += 1)
      await turn.send({ type: "content_block_delta", index: 0, delta: text });
    turn.generate(turn.maxTokens);
    await turn.send(...turn.finish());
    turn.end();
  });
  const key = await gateways.makeKey();
  await gateways.withstand(
    async () => {
      const answers = await Promise.all([true, false].map((stream) => ask("much", dialect, stream, key)));
      expect(answers.map(({ body }) => body).join("")).not.toContain("no answer within");
    },
    { books: "not less" },
  );
});

it("errors that repeat the request show neither the provider's credential nor the rules", async () => {
  const statuses = [400, 401, 403, 404, 413, 429, 500, 529];
  const shown: string[] = [];
  for (const status of statuses) {
    gateways.provider.plays.set(`echo-${status}`, (turn, { headers, body }) => {
      shown.push(`${JSON.stringify(headers)}${body}`);
      const message = `cannot read ${JSON.stringify(headers)} ${body.toString()}`;
      turn.refuse(status, message, { "x-echo": CREDENTIAL });
    });
  }
  gateways.provider.plays.set("echo-in-stream", async (turn, { headers, body }) => {
    shown.push(`${JSON.stringify(headers)}${body}`);
    turn.begin();
    await turn.send(...turn.start(), turn.piece());
    const message = `cannot read ${JSON.stringify(headers)} ${body.toString()}`;
    await turn.send({ type: "error", error: { type: "api_error", message } });
    turn.end();
  });
  const key = await gateways.makeKey();
  const answers: Answer[] = [];
  await gateways.withstand(
    async () => {
      for (const play of gateways.provider.plays.keys())
        if (play.startsWith("echo-")) answers.push(...(await askForAll(play, key)));
    },
    { books: "not less" },
  );
  for (const secret of [CREDENTIAL, RULES]) {
    expect(shown.every((text) => text.includes(secret))).toBe(true);
    const leaks = answers.filter((one) => `${one.body}${JSON.stringify(one.headers)}`.includes(secret));
    expect(leaks.map(({ status, body }) => `${status} ${body.slice(0, 150)}`)).toEqual([]);
  }
});
