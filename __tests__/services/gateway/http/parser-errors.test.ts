import { FakeAnthropic } from "../../../support/services/fake-anthropic";
import { RawConnection } from "../../../support/services/raw-connection";
import { buildTestGateway, MASTER_KEY, type TestGateway } from "../../../support/services/test-gateway";

let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeAll(async () => {
  upstream = await FakeAnthropic.start();
  gateway = buildTestGateway({ upstreamUrl: upstream.url });
  url = await gateway.listen();
});
afterAll(async () => {
  await gateway.close();
  await upstream.stop();
});

async function answerTo(bytes: string): Promise<string> {
  const connection = await RawConnection.open(url);
  connection.send(bytes);
  await connection.closed();
  return connection.received;
}

test.each([
  ["what is no HTTP", "nonsense\r\n\r\n", 400],
  ["a head that is folded", "GET /health/liveliness HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400],
  ["two lengths", "POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
  ["a head that is too large", `GET / HTTP/1.1\r\nHost: x\r\nA: ${"b".repeat(20_000)}\r\n\r\n`, 431],
])(
  "%s is refused in the form of every other error, and the connection ends",
  async (_what, bytes, status) => {
    const answer = await answerTo(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4))).toEqual({
      error: {
        message: expect.stringMatching(/^The (request|head)/),
        type: "invalid_request_error",
        param: null,
        code: String(status),
      },
    });
  },
);

test("no header is left out, however many stand before it", async () => {
  const many = Array.from({ length: 1900 }, (_, index) => `${index.toString(36)}:1\r\n`).join("");
  const answer = await answerTo(
    `GET /v1/models HTTP/1.1\r\nHost: x\r\n${many}Authorization: Bearer ${MASTER_KEY}\r\nConnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});
