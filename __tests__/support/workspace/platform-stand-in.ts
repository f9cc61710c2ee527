import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came in. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** How the key-provisioner answers. */
export interface KeyAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What a workspace meets of the platform: the routes of the key-provisioner and of the gateway, with answers that are made up. */
export class PlatformStandIn {
  readonly received: ReceivedRequest[] = [];
  /** Answers of `POST /api/v1/keys/workspace`, one after the other; the last one repeats. */
  keyAnswers: KeyAnswer[] = [
    {
      status: 201,
      body: {
        key: "sk-workspace-0001",
        reused: false,
        level: "standard",
        budget_usd: 10,
        budget_period: "1d",
      },
    },
  ];
  /** Answer of `GET /api/v1/keys/info`. */
  keyInfo: KeyAnswer = {
    status: 200,
    body: { level: "standard", budget_usd: 10, spent_usd: 0.58, budget_period: "1d" },
  };
  /** Takes requests and says nothing. */
  isHanging = false;

  private constructor(private readonly server: Server) {}

  /** @param address where it listens; `0.0.0.0` for containers */
  static async start(address = "127.0.0.1"): Promise<PlatformStandIn> {
    const server = createServer();
    const standIn = new PlatformStandIn(server);
    server.on("request", (request, response) => void standIn.answer(request, response));
    server.listen(0, address);
    await once(server, "listening");
    return standIn;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  requestsTo(path: string): ReceivedRequest[] {
    return this.received.filter((request) => request.path.split("?")[0] === path);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method = "", url: path = "", headers } = request;
    this.received.push({ method, path, authorization: headers.authorization, body });
    if (this.isHanging) return;
    const route = `${method} ${path.split("?")[0]}`;
    if (route === "POST /api/v1/keys/workspace") {
      const next = this.keyAnswers.length > 1 ? this.keyAnswers.shift() : this.keyAnswers[0];
      json(response, next ?? { status: 500, body: {} });
    } else if (route === "GET /api/v1/keys/info") json(response, this.keyInfo);
    else if (route === "GET /health/readiness")
      json(response, { status: 200, body: { status: "connected" } });
    else if (route === "POST /v1/chat/completions") chatCompletion(response);
    else if (route === "POST /v1/messages") message(response);
    else json(response, { status: 404, body: { error: { message: `no route ${route}` } } });
  }
}

function json(response: ServerResponse, { status, body }: KeyAnswer): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function chatCompletion(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const envelope = { id: "c", object: "chat.completion.chunk", created: 1, model: "m" };
  const send = (chunk: object) => response.write(`data: ${JSON.stringify({ ...envelope, ...chunk })}\n\n`);
  send({ choices: [{ index: 0, delta: { role: "assistant", content: "hello by chat completions" } }] });
  send({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  send({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 4, total_tokens: 5 } });
  response.end("data: [DONE]\n\n");
}

function message(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  const usage = { input_tokens: 1, output_tokens: 1 };
  const empty = { id: "m", type: "message", role: "assistant", model: "m", content: [], stop_reason: null };
  send("message_start", { message: { ...empty, stop_sequence: null, usage } });
  send("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
  send("content_block_delta", { index: 0, delta: { type: "text_delta", text: "hello by messages" } });
  send("content_block_stop", { index: 0 });
  send("message_delta", {
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 3 },
  });
  send("message_stop", {});
  response.end();
}
