import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { seal } from "../../../../services/gateway/enforcement/seal";
import type { GatewayError } from "../../../../services/gateway/errors/gateway-error";
import { WholeAnswer } from "../../../../services/gateway/providers/anthropic";
import { timeLimitsOf, tookTooLong, UpstreamClient } from "../../../../services/gateway/providers/client";
import type { DeploymentTimeouts } from "../../../../services/gateway/providers/deployment";
import { Secret } from "../../../../services/shared/secret";
import { eventually } from "../../../support/services/eventually";
import { anthropicDeployment } from "../../../support/services/test-gateway";
import { PROJECT, sourceFiles } from "../../../support/source-files";

describe("client", () => {
  test.each([
    ["bytes", Buffer.from("{}")],
    ["text", "{}"],
    ["an object that looks sealed", { bytes: Buffer.from("{}"), promptId: null }],
    ["nothing", undefined],
  ])("%s that nobody has sealed are never sent", async (_name, body) => {
    const client = new UpstreamClient();
    const request = { url: new URL("http://127.0.0.1:9/v1/messages"), headers: {}, body: body as never };
    expect(() => client.send(request, {})).toThrow("refusing to send a body that is not sealed");
    await client.close();
  });

  const sources = sourceFiles("services/gateway").map((file) => ({
    file,
    text: readFileSync(join(PROJECT, file), "utf8"),
  }));

  test("only messages and counts of tokens are sent to providers", () => {
    const senders = sources.filter(({ text }) => /client\.send\(/.test(text)).map(({ file }) => file);
    expect(senders.sort()).toEqual([
      "services/gateway/providers/anthropic.ts",
      "services/gateway/providers/failover.ts",
    ]);
  });

  test("nothing else opens a connection", () => {
    const openers = sources.filter(({ text }) =>
      /\b(?:fetch|dispatch)\(|https?\.request\(|new Pool\(/.test(text),
    );
    expect(openers.map(({ file }) => file).filter((file) => !file.includes("/store/postgres/"))).toEqual([
      "services/gateway/providers/client.ts",
    ]);
  });

  const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

  function sealedOf(bytes: number) {
    const content = "x".repeat(bytes);
    const request = { model: "m", max_tokens: 1, messages: [{ role: "user" as const, content }] };
    return seal(request, { level: "unrestricted", promptId: null, blocks: [] }, { api: "anthropic" });
  }

  /** What a provider that answers with `answer` gets, and how the request ends. */
  async function exchange(
    body: ReturnType<typeof sealedOf>,
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<string> {
    const server = createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = new UpstreamClient({ firstByteMs: 5000 });
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/messages`);
    const whole = new WholeAnswer();
    client.send({ url, headers: { "content-type": "application/json" }, body }, whole);
    const end = await whole.parts.then(
      ({ status, bytes }) => `${status} ${bytes.toString()}`,
      ({ code }: GatewayError) => String(code),
    );
    await client.close();
    server.closeAllConnections();
    server.close();
    return end;
  }

  /** Bytes outside the heap, without what nobody refers to any more. */
  function buffersInUse(): number {
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    return process.memoryUsage().arrayBuffers;
  }

  test("a large body that nobody waits for is forgotten, also while its connection is being made", async () => {
    const silent = net.createServer((socket) => void sockets.push(socket.on("error", () => {})));
    const sockets: net.Socket[] = [];
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const client = new UpstreamClient({ connectMs: 600_000 });
    // No handshake comes: all of them wait for their connections.
    const url = new URL(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/v1/messages`);
    const MEBIBYTES = 40;
    const before = buffersInUse();
    try {
      for (let count = 0; count < MEBIBYTES; count += 1) {
        const answer = new WholeAnswer();
        answer.parts.catch(() => {});
        const forget = client.send({ url, headers: {}, body: sealedOf(1024 * 1024) }, answer);
        answer.cancel(tookTooLong("first byte timeout"));
        forget();
      }
      // At once, or when what earlier requests and tests have left is gone as well.
      await eventually(() => buffersInUse() - before < (MEBIBYTES / 4) * 1024 * 1024);
    } finally {
      await client.close();
      // A connection that is still being made outlives that: it ends when its peer ends it, or after `connectMs`, ten minutes here.
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  /** Small bodies, and those that are forgotten when they are sent. */
  const SIZES = [10, 31 * 1024, 33 * 1024, 2 * 1024 * 1024];

  test.each(SIZES)("a body of %i bytes and more arrives whole, with its length", async (size) => {
    const body = sealedOf(size);
    const received = exchange(body, (request, response) => {
      const chunks: Buffer[] = [];
      const { "content-length": length, "transfer-encoding": encoding = "none" } = request.headers;
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => response.end(`${length} ${encoding} ${sha256(Buffer.concat(chunks))}`));
    });
    expect(await received).toBe(`200 ${body.byteLength} none ${sha256(body.bytes)}`);
  });

  test.each(SIZES)("a provider that hangs up on a body of %i bytes and more is unreachable", async (size) => {
    const end = await exchange(sealedOf(size), (request) => request.socket.destroy());
    expect(end).toBe("upstream_unreachable");
  });
});

describe("time limits", () => {
  const { timeouts: defaults } = new UpstreamClient();
  const SHORT = { bodyBytes: 1000, isThinking: false, isStream: true };
  const of = (request: Partial<typeof SHORT> = {}, timeouts?: DeploymentTimeouts) =>
    timeLimitsOf(anthropicDeployment({ timeouts }), { ...SHORT, ...request }, defaults);

  test.each([
    ["a short prompt", {}, 25_000],
    ["thinking", { isThinking: true }, 90_000],
    ["a prompt of 800 kB, some 200,000 tokens", { bodyBytes: 800 * 1024 }, 45_000],
    ["32 MB, most of them images", { bodyBytes: 32 * 1024 * 1024 }, 120_000],
  ])("without settings, %s has its time to the first event", (_name, request, firstEventMs) => {
    expect(of(request)).toEqual({ firstEventMs, idleMs: 90_000, totalMs: undefined });
  });

  test("Bedrock, which sends no pings, may be silent for longer between two events", () => {
    const access = {
      provider: "bedrock",
      region: "us-east-1",
      credentials: { apiKey: new Secret("x") },
      api: "invoke",
    } as const;
    expect(timeLimitsOf({ access }, SHORT, defaults).idleMs).toBe(270_000);
  });

  test("stream_timeout is for the first event, whatever is asked for", () => {
    const timeouts = { firstEventMs: 5000 };
    for (const request of [{}, { isThinking: true }, { isStream: false }])
      expect(of(request, timeouts).firstEventMs).toBe(5000);
    expect(of({}, { firstEventMs: 60_000 }).firstEventMs).toBe(60_000);
  });

  test.each([
    ["one piece", { isStream: false }, { firstEventMs: 10_000, idleMs: 10_000, totalMs: 10_000 }],
    [
      "a stream, which may go on for longer",
      {},
      { firstEventMs: 10_000, idleMs: 10_000, totalMs: undefined },
    ],
  ])("timeout of an answer in %s", (_name, request, expected) => {
    expect(of(request, { wholeMs: 10_000 })).toEqual(expected);
  });

  test("a long timeout does not make hanging deployments wait for longer", () => {
    expect(of({ isStream: false }, { wholeMs: 600_000 })).toEqual({
      firstEventMs: 25_000,
      idleMs: 90_000,
      totalMs: 600_000,
    });
  });

  test("stream_timeout goes before timeout for the first event", () => {
    expect(of({}, { firstEventMs: 30_000, wholeMs: 10_000 }).firstEventMs).toBe(30_000);
  });
});
