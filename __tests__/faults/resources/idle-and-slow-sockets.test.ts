import { setTimeout as wait } from "node:timers/promises";
import { bodyOf, DIALECTS, type Dialect } from "../../support/enforcement/bodies";
import { answerTokenByToken } from "../../support/faults/billing-provider";
import { call } from "../../support/faults/call";
import { useDeployedGateways } from "../../support/faults/deployed-gateways";
import { RawConnection, requestHead, requestText } from "../../support/faults/raw-connection";
import { Starvation } from "../../support/faults/starvation";
import { eventually } from "../../support/services/eventually";
import { MODEL } from "../../support/services/gateway-processes";

/** Connections that say they will send much and send little, or nothing: they must not take the place of others. */
const gateways = useDeployedGateways();

const MIB = 1024 * 1024;
const PATHS: Readonly<Record<Dialect, string>> = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
};
/** Loopback addresses that nobody else comes from. */
const addressOf = (index: number) => `127.0.1.${1 + (index % 250)}`;
/** For how long somebody else asks beside it, in milliseconds. */
const A_WHILE_MS = 4000;
/** And a little, since it is not looked at all the time, in milliseconds. */
const A_MINUTE_MS = 63_000;

/** Opens connections that send what they are told. @param fromOf address of each. @default one for all */
async function openWith(
  count: number,
  bytesOf: (index: number) => string,
  fromOf: (index: number) => string = () => "127.0.0.66",
): Promise<RawConnection[]> {
  const opened = await RawConnection.openMany(gateways.first.url, count, fromOf);
  await Promise.all(opened.map((connection, index) => connection.send(bytesOf(index))));
  return opened;
}

/** Heads of 2,000 requests whose bodies would take all the room together: the last ones take what is left over. */
const headOf = (key: string) => (index: number) =>
  requestHead("POST", PATHS.chat, key, index < 1900 ? 70_640 : 100);

/** They stay for a while, and then leave. */
async function stayAndLeave(connections: readonly RawConnection[]): Promise<void> {
  await wait(A_WHILE_MS);
  for (const connection of connections) connection.reset();
}

it("sockets of one key that announce all the room there is, and send nothing", async () => {
  const key = await gateways.makeKey();
  await gateways.withstand(async () => {
    const opened: RawConnection[] = [];
    // Four are enough for all of it; where one of them is refused, smaller ones take the rest.
    for (const [count, bytes] of [
      [4, 32 * MIB],
      [40, MIB],
      [100, 32 * 1024],
      [100, 200],
    ] as const)
      opened.push(...(await openWith(count, () => requestHead("POST", PATHS.chat, key, bytes))));
    await stayAndLeave(opened);
  });
});

it("2,000 sockets of one key with small bodies that they do not finish", async () => {
  const key = await gateways.makeKey();
  const head = headOf(key);
  await gateways.withstand(async () =>
    stayAndLeave(await openWith(2000, (index) => `${head(index)}{"model":`)),
  );
});

it("2,000 sockets of one key and many addresses, whose bodies come one byte a second", async () => {
  const key = await gateways.makeKey();
  await gateways.withstand(async () => {
    const opened = await openWith(2000, headOf(key), addressOf);
    for (let second = 0; second < A_WHILE_MS / 1000; second += 1) {
      await Promise.all(opened.map((connection) => connection.send(" ")));
      await wait(1000);
    }
    for (const connection of opened) connection.reset();
  });
});

it("a key with max_parallel_requests holds no more bodies than it may have requests", async () => {
  const key = await gateways.makeKey({ max_parallel_requests: 2 });
  const head = requestHead("POST", PATHS.chat, key, 32 * MIB);
  await gateways.withstand(async () => {
    const opened = await openWith(20, () => `${head}{`);
    await stayAndLeave(opened);
    expect(opened.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(18);
  });
});

/** Bodies of many keys and addresses, as much of them as is taken: nothing that belongs to one caller is left. */
async function fillMemory(): Promise<RawConnection[]> {
  const keys = await Promise.all(Array.from({ length: 12 }, () => gateways.makeKey()));
  const piece = Buffer.alloc(8 * MIB, " ");
  const opened: RawConnection[] = [];
  for (const [index, key] of keys.entries()) {
    for (let each = 0; each < 3; each += 1) {
      const connection = await RawConnection.open(gateways.first.url, addressOf(index));
      await connection.send(requestHead("POST", PATHS.chat, key, piece.length + 1));
      opened.push(connection);
    }
  }
  await Promise.all(opened.map((connection) => Promise.race([connection.sendAll(piece), wait(5000)])));
  return opened;
}

it("an operator blocks a key within 5 s while bodies fill the memory, and readiness says that they do", async () => {
  const key = await gateways.makeKey();
  await gateways.withstand(
    async () => {
      const opened = await fillMemory();
      try {
        const starvation = new Starvation([gateways.first.pid]);
        const [blocked, readiness] = await Promise.all([
          gateways.manage("/key/block", { body: { key }, timeoutMs: 60_000 }),
          call(`${gateways.first.url}/health/readiness`, { timeoutMs: 60_000 }),
        ]);
        expect(blocked).toMatchObject({ status: 200 });
        expect(blocked.ms).toBeLessThan(5000 * starvation.factor);
        const usual = await call(`${gateways.second.url}/health/readiness`);
        expect({ ...JSON.parse(readiness.body), last_updated: "" }).not.toEqual({
          ...JSON.parse(usual.body),
          last_updated: "",
        });
      } finally {
        for (const connection of opened) connection.reset();
      }
      // At the other gateway, too.
      const body = { model: MODEL, messages: [{ role: "user", content: "go" }], max_tokens: 10 };
      const ask = () => call(`${gateways.second.url}${PATHS.chat}`, { key, body });
      await eventually(async () => [401, 403].includes((await ask()).status), 5000);
    },
    // The first one is full, and others are to go to the second.
    { bystandersAt: [gateways.second] },
  );
});

/** Clients that ask for the longest answer there is, one in each API, and do not read it. */
async function openStalledReaders(key: string): Promise<RawConnection[]> {
  const requests = DIALECTS.map((dialect) => {
    const limit = dialect === "responses" ? { max_output_tokens: 64_000 } : { max_tokens: 64_000 };
    const body = bodyOf(dialect, { rows: [{ role: "user", content: "play token-by-token" }], more: limit });
    return requestText("POST", PATHS[dialect], key, { model: MODEL, stream: true, ...body });
  });
  const before = gateways.provider.requests;
  const opened = await RawConnection.openMany(gateways.first.url, requests.length);
  for (const [index, connection] of opened.entries()) {
    connection.stopReading();
    await connection.send(requests[index] as string);
  }
  await eventually(() => gateways.provider.requests >= before + requests.length);
  return opened;
}

it("connections that send nothing, stop in the middle or read no more are closed within a minute", async () => {
  gateways.provider.plays.set("token-by-token", answerTokenByToken);
  const [key, reader] = await Promise.all([
    gateways.makeKey(),
    gateways.makeKey({ max_parallel_requests: DIALECTS.length }),
  ]);
  let readers: RawConnection[] = [];
  await gateways.withstand(
    async () => {
      readers = await openStalledReaders(reader);
      const silent = {
        idle: await openWith(50, () => ""),
        halfHead: await openWith(20, () => `POST ${PATHS.chat} HTTP/1.1\r\nhost: gateway\r\n`),
        noBody: await openWith(4, () => requestHead("POST", PATHS.chat, key, 32 * MIB)),
        halfBody: await openWith(50, () => `${requestHead("POST", PATHS.chat, key, 100_000)}{"model":`),
      };
      const left = Object.entries(silent).map(async ([name, all]) => [name, await stillOpen(all)] as const);
      await wait(A_MINUTE_MS);
      expect(Object.fromEntries(await Promise.all(left))).toEqual({
        ...{ idle: 0, halfHead: 0, noBody: 0, halfBody: 0 },
      });
    },
    // What a provider had sent when its reader was left, and had not arrived, nobody can count.
    { books: "not free" },
  );
  // Their places are free, although not one of them has left.
  const body = { model: MODEL, messages: [{ role: "user", content: "go" }], max_tokens: 10 };
  const ask = () => call(`${gateways.first.url}${PATHS.chat}`, { key: reader, body });
  const answers = await Promise.all(DIALECTS.map(ask));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  for (const connection of readers) connection.reset();
}, 150_000);

/** @returns how many of them the gateway has not closed in a minute */
async function stillOpen(connections: readonly RawConnection[]): Promise<number> {
  const all = Promise.all(connections.map(({ closed }) => closed));
  await Promise.race([all, wait(A_MINUTE_MS, undefined, { ref: false })]);
  const open = connections.filter(({ isClosed }) => !isClosed);
  for (const connection of open) connection.reset();
  return open.length;
}
