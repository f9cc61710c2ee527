import { setTimeout as wait } from "node:timers/promises";
import { bodyOf, DIALECTS, type Dialect } from "../../support/enforcement/bodies";
import { answerInPieces } from "../../support/faults/billing-provider";
import { call } from "../../support/faults/call";
import { useDeployedGateways } from "../../support/faults/deployed-gateways";
import { RawConnection, requestHead, requestText } from "../../support/faults/raw-connection";
import { eventually } from "../../support/services/eventually";
import { MODEL } from "../../support/services/gateway-processes";

/**
 * Several requests in one piece on one connection, which is reset before the first of them is answered: answers that wait
 * behind an unfinished one must not keep what they took.
 */
const gateways = useDeployedGateways();

const STRANGER = "127.0.0.66";
const MIB = 1024 * 1024;
const PATHS: Readonly<Record<Dialect, string>> = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
};

/** A whole request for an answer that takes two seconds. */
const slowRequest = (key: string, dialect: Dialect = "chat", stream = false) =>
  requestText("POST", PATHS[dialect], key, {
    model: MODEL,
    stream,
    ...bodyOf(dialect, { rows: [{ role: "user", content: "play slowly" }] }),
  });

beforeAll(() => {
  gateways.provider.plays.set("slowly", answerInPieces(1, 2000));
});

/** Sends the same on several connections, and resets each of them a little later. */
async function sendAndReset(connections: number, bytes: string, laterMs = 300): Promise<void> {
  const opened = await RawConnection.openMany(gateways.first.url, connections, () => STRANGER);
  const play = async (connection: RawConnection) => {
    await connection.send(bytes);
    if (laterMs > 0) await wait(laterMs);
    connection.reset();
  };
  await Promise.all(opened.map(play));
}

/** Readiness asks the database once a second; what stands behind such a one waits, and is reset before it has come. */
async function sendBehindReadiness(request: string): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await wait(1100);
    await sendAndReset(40, `${requestHead("GET", "/health/readiness")}${request}`, 0);
  }
}

it("strangers: readiness, then a large body for a path that does not exist", () =>
  gateways.withstand(() => sendBehindReadiness(`${requestHead("POST", "/nope", undefined, 32 * MIB)}[{}`)));

it("strangers: readiness, then a large body for a model, without and with a false key", () =>
  gateways.withstand(async () => {
    for (const key of [undefined, "sk-no-such-key-of-anyone"])
      await sendBehindReadiness(`${requestHead("POST", PATHS.chat, key, 32 * MIB)}[{}`);
  }));

it("a key: two connections with a thousand requests each", async () => {
  const key = await gateways.makeKey();
  await gateways.withstand(() => sendAndReset(2, slowRequest(key).repeat(1000), 1000), { books: "not less" });
});

it("a key: streams of each API behind each other", async () => {
  const key = await gateways.makeKey();
  const bytes = DIALECTS.map((dialect) => slowRequest(key, dialect, true)).join("");
  await gateways.withstand(() => sendAndReset(40, bytes.repeat(3)), { books: "not less" });
});

it("a key: large bodies behind an answer that takes its time", async () => {
  const key = await gateways.makeKey();
  const bytes = `${slowRequest(key)}${requestHead("POST", PATHS.messages, key, 32 * MIB)}{"a":`;
  await gateways.withstand(() => sendAndReset(40, bytes), { books: "not less" });
});

it("places for requests at the same time are free again", async () => {
  const key = await gateways.makeKey({ max_parallel_requests: 4 });
  await gateways.withstand(() => sendAndReset(4, slowRequest(key).repeat(8), 500), { books: "not less" });
  const body = { model: MODEL, ...bodyOf("chat", {}) };
  const ask = () => call(`${gateways.first.url}${PATHS.chat}`, { key, body });
  await eventually(async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, ask));
    return answers.every(({ status }) => status === 200);
  });
});
