import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { chunkFrame } from "../services/aws-frames";
import { encodeEvents, type FakeEvent, messageEvents } from "../services/fake-anthropic";
import { LocalServer } from "../services/local-server";

/** How a provider is spoken to. */
export type ProviderKind = "anthropic" | "bedrock-invoke" | "bedrock-messages";
export const PROVIDER_KINDS: readonly ProviderKind[] = ["anthropic", "bedrock-invoke", "bedrock-messages"];

/** A request as it came over the wire: the bytes, not what somebody read in them. */
export interface Captured {
  readonly kind: ProviderKind;
  /** Without the part that names the lane. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/**
 * All three provider APIs behind one port. Each lane, `<url>/<lane>/<kind>`, keeps what came to it, so that requests can
 * run side by side; under `<url>/<lane>/<kind>/busy` everything is refused as a busy provider does.
 */
export class CapturingProvider {
  /** What every answer says. */
  events: readonly FakeEvent[] = messageEvents(["Hello"]);
  /** Answers instead. @default - nobody */
  script: ((response: ServerResponse) => void) | undefined;
  readonly #lanes = new Map<string, Captured[]>();
  readonly #server = new LocalServer((request, response) => void this.#handle(request, response));

  static async start(): Promise<CapturingProvider> {
    const provider = new CapturingProvider();
    await provider.#server.listen();
    return provider;
  }

  /** Base URL of a deployment. */
  urlOf(lane: string, kind: ProviderKind, isBusy = false): string {
    return `${this.#server.url}/${lane}/${kind}${isBusy ? "/busy" : ""}`;
  }

  /** What came to a lane since it was last asked. */
  take(lane: string): readonly Captured[] {
    const taken = this.#lanes.get(lane) ?? [];
    this.#lanes.delete(lane);
    return taken;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [, lane = "", kind, ...rest] = (request.url ?? "").split("/");
    const isBusy = rest[0] === "busy";
    const captured: Captured = {
      kind: kind as ProviderKind,
      path: `/${(isBusy ? rest.slice(1) : rest).join("/")}`,
      headers: request.headers,
      bytes: Buffer.concat(chunks),
    };
    const lanes = this.#lanes.get(lane);
    if (lanes === undefined) this.#lanes.set(lane, [captured]);
    else lanes.push(captured);
    if (isBusy) refuse(response, captured.kind);
    else if (/count.tokens/.test(captured.path)) json(response, 200, { input_tokens: 9, inputTokens: 9 });
    else if (this.script !== undefined) this.script(response);
    else this.#answer(response, captured.kind);
  }

  #answer(response: ServerResponse, kind: ProviderKind): void {
    const isFramed = kind === "bedrock-invoke";
    response.writeHead(200, {
      "content-type": isFramed ? "application/vnd.amazon.eventstream" : "text/event-stream",
    });
    response.end(isFramed ? Buffer.concat(this.events.map(chunkFrame)) : encodeEvents(this.events));
  }
}

function refuse(response: ServerResponse, kind: ProviderKind): void {
  if (kind === "anthropic") {
    json(response, 529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
  } else {
    response.setHeader("x-amzn-errortype", "ServiceUnavailableException");
    json(response, 503, { message: "Busy" });
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
