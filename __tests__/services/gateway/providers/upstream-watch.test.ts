import { once } from "node:events";
import net, { type AddressInfo, type Server } from "node:net";
import tls from "node:tls";
import { GatewayError } from "../../../../services/gateway/errors/gateway-error";
import { tookTooLong, toUpstreamFailure } from "../../../../services/gateway/providers/client";
import { UpstreamWatch } from "../../../../services/gateway/providers/upstream-watch";
import { Secret } from "../../../../services/shared/secret";
import { callApp } from "../../../support/services/call-app";
import { eventually } from "../../../support/services/eventually";
import { FakeAnthropic, failWith, type Script } from "../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

describe("upstream watch", () => {
  const DEPLOYMENT = anthropicDeployment();

  describe("lines of the log", () => {
    let now = 0;
    let lines: Record<string, unknown>[] = [];
    let watch: UpstreamWatch;
    const counts = { ended: jest.fn(), opened: jest.fn(), failedOver: jest.fn(), retried: jest.fn() };
    beforeEach(() => {
      jest.clearAllMocks();
      now = 0;
      lines = [];
      const logger = { warn: (line: unknown) => void lines.push(line as Record<string, unknown>) };
      watch = new UpstreamWatch({ counts, logger: logger as never, clock: { now: () => now } });
    });
    const fail = (failure: GatewayError, deployment = DEPLOYMENT) =>
      watch.begin(deployment, "r").over(failure);

    test("of one deployment are five in ten seconds; the next one tells how many were left out", () => {
      for (let count = 0; count < 8; count += 1) fail(tookTooLong("idle timeout"));
      expect(lines).toHaveLength(5);
      expect(lines[0]).toEqual({
        deployment: `${MODEL}/0`,
        model: MODEL,
        code: "upstream_timeout",
        reason: "idle timeout",
        requestId: "r",
      });
      fail(tookTooLong("idle timeout"), anthropicDeployment({ id: "another" }));
      expect(lines[5]).toMatchObject({ deployment: "another" });
      now = 10_000;
      fail(tookTooLong("connect timeout"));
      expect(lines[6]).toMatchObject({ reason: "connect timeout", leftOut: 3 });
      fail(tookTooLong("connect timeout"));
      expect(lines[7]).not.toHaveProperty("leftOut");
    });

    test.each([
      ["a client that left", new GatewayError(499, "client_closed", ""), "client_closed"],
      ["a request that is wrong", new GatewayError(400, "x", "", { code: "400" }), "400"],
      ["the gateway's own end", new GatewayError(503, "x", "", { code: "shutting_down" }), "shutting_down"],
      ["nothing that failed", undefined, "success"],
    ])("are not about %s, which is counted", (_name, failure, outcome) => {
      watch.begin(DEPLOYMENT, "r").over(failure);
      expect(lines).toEqual([]);
      expect(counts.ended).toHaveBeenCalledWith(DEPLOYMENT, outcome, expect.any(Number));
    });
  });

  test.each([
    [{ code: "ENOTFOUND", message: "getaddrinfo ENOTFOUND secret.example" }, "ENOTFOUND"],
    [{ code: "CERT_HAS_EXPIRED" }, "CERT_HAS_EXPIRED"],
    [{ code: "UND_ERR_SOCKET" }, "connection closed"],
    [{ code: "a code with a secret" }, "connection failed"],
    [new Error("only a text with a secret"), "connection failed"],
    [undefined, "connection failed"],
  ])("of a failure %j the log says %s", (error, reason) => {
    expect(toUpstreamFailure(error)).toMatchObject({ status: 502, code: "upstream_unreachable", reason });
  });

  describe("a request that fails is in the log with its cause, which its client is not told", () => {
    const servers: Server[] = [];
    let upstream: FakeAnthropic;
    let gateway: TestGateway;

    beforeAll(async () => {
      upstream = await FakeAnthropic.start();
    });
    afterEach(() => gateway.close());
    afterAll(async () => {
      for (const server of servers) server.close();
      await upstream.stop();
    });

    async function listen(server: Server): Promise<number> {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      servers.push(server);
      return (server.address() as AddressInfo).port;
    }
    const withScript = (script: Script) => async () => {
      upstream.script = script;
      return upstream.url;
    };
    const closed = async () => {
      const server = net.createServer();
      const port = await listen(server);
      server.close();
      await once(server, "close");
      return `http://127.0.0.1:${port}`;
    };

    test.each<[string, () => Promise<string>, number, object]>([
      [
        "a name that nobody knows",
        async () => "http://no-such-host.invalid",
        502,
        { reason: expect.stringMatching(/^(?:ENOTFOUND|EAI_AGAIN)$/) },
      ],
      ["a port where nobody listens", closed, 502, { reason: "ECONNREFUSED" }],
      [
        "no TLS",
        async () => upstream.url.replace("http:", "https:"),
        502,
        { reason: expect.stringMatching(/^(?:ERR_SSL_|EPROTO)/) },
      ],
      [
        "TLS without a certificate",
        async () =>
          `https://127.0.0.1:${await listen(tls.createServer((socket) => socket.on("error", () => {})))}`,
        502,
        { reason: expect.stringMatching(/^(?:ERR_SSL_|EPROTO|ECONNRESET)/) },
      ],
      ["silence", withScript(() => {}), 504, { reason: "first byte timeout" }],
      [
        "a connection that breaks",
        withScript((response) => void response.destroy()),
        502,
        { reason: expect.stringMatching(/^(?:connection closed|ECONNRESET)$/) },
      ],
      [
        "a web page",
        withScript((response) => void response.writeHead(200, { "content-type": "text/html" }).end("x")),
        502,
        { reason: "not an event stream" },
      ],
      [
        "credentials that are refused",
        withScript(failWith(401, "authentication_error", "")),
        502,
        { upstreamStatus: 401 },
      ],
      ["a status", withScript(failWith(504, "timeout_error", "")), 504, { upstreamStatus: 504 }],
    ])("%s", async (_name, urlOf, status, said) => {
      const baseUrl = await urlOf();
      gateway = buildTestGateway({
        deployments: [
          anthropicDeployment({
            baseUrl,
            access: { provider: "anthropic", apiKey: new Secret("the-credential") },
          }),
        ],
        timeouts: { firstByteMs: 5000 },
      });
      const response = await callApp(gateway.app, {
        method: "POST",
        url: "/v1/chat/completions",
        headers: { authorization: `Bearer ${MASTER_KEY}` },
        payload: { model: MODEL, messages: [{ role: "user", content: "a private question" }] },
      });
      expect(response.statusCode).toBe(status);
      await eventually(() => gateway.log.some((line) => line.includes("provider request failed")));
      const lines = gateway.log.filter((line) => line.includes("provider request failed"));
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ deployment: `${MODEL}/0`, model: MODEL, ...said });
      const log = gateway.log.join("");
      for (const secret of ["the-credential", "a private question", MASTER_KEY])
        expect(log).not.toContain(secret);
      const { reason } = JSON.parse(lines[0] ?? "") as { reason?: string };
      if (reason !== undefined) expect(response.body).not.toContain(reason);
    });
  });
});

describe("upstream counts", () => {
  let first: FakeAnthropic;
  let second: FakeAnthropic;
  let gateway: TestGateway;

  beforeEach(async () => {
    [first, second] = await Promise.all([FakeAnthropic.start(), FakeAnthropic.start()]);
    gateway = buildTestGateway({
      deployments: [
        anthropicDeployment({ baseUrl: first.url }),
        anthropicDeployment({ id: "the-second", baseUrl: second.url }),
      ],
      routing: { retryWaitMs: 1 },
    });
  });
  afterEach(async () => {
    await gateway.close();
    await Promise.all([first.stop(), second.stop()]);
  });

  const ask = () =>
    callApp(gateway.app, {
      method: "POST",
      url: "/v1/chat/completions",
      headers: { authorization: `Bearer ${MASTER_KEY}` },
      payload: { model: MODEL, messages: [{ role: "user", content: "x" }] },
    });

  /** Lines of `/metrics` about providers, without those of single buckets. */
  async function lines(): Promise<string[]> {
    const { body } = await callApp(gateway.app, { url: "/metrics" });
    return body
      .split("\n")
      .filter(
        (line) => /^gateway_(?:upstream|deployment|failovers)/.test(line) && !/_bucket|_sum/.test(line),
      );
  }

  test("requests, times and cool-downs of each deployment", async () => {
    await ask();
    first.script = failWith(429, "rate_limit_error", "", { "retry-after": "60" });
    await ask();
    await ask();
    expect(await lines()).toEqual([
      `gateway_deployment_cooling_down{deployment="${MODEL}/0"} 1`,
      'gateway_deployment_cooling_down{deployment="the-second"} 0',
      'gateway_deployment_cooling_down{deployment="claude-haiku-4-5/0"} 0',
      `gateway_upstream_requests_total{deployment="${MODEL}/0",outcome="success"} 1`,
      `gateway_upstream_requests_total{deployment="${MODEL}/0",outcome="rate_limit_exceeded"} 1`,
      'gateway_upstream_requests_total{deployment="the-second",outcome="success"} 2',
      `gateway_upstream_duration_seconds_count{deployment="${MODEL}/0"} 2`,
      'gateway_upstream_duration_seconds_count{deployment="the-second"} 2',
      `gateway_upstream_time_to_first_token_seconds_count{deployment="${MODEL}/0"} 1`,
      'gateway_upstream_time_to_first_token_seconds_count{deployment="the-second"} 2',
      `gateway_failovers_total{model="${MODEL}"} 1`,
    ]);
  });

  test("a request that is sent again to the same deployment is a retry, not a failover", async () => {
    first.script = failWith(401, "authentication_error", "");
    second.script = failWith(529, "overloaded_error", "");
    await ask();
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `gateway_failovers_total{model="${MODEL}"} 1`,
        'gateway_upstream_retries_total{deployment="the-second"} 1',
        `gateway_upstream_requests_total{deployment="${MODEL}/0",outcome="upstream_auth"} 1`,
        'gateway_upstream_requests_total{deployment="the-second",outcome="overloaded"} 2',
      ]),
    );
  });
});
