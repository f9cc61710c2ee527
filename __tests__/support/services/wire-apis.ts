import { MASTER_KEY, MODEL } from "./test-gateway";

/** What tests need to know of a wire API to treat all of them alike. */
export interface WireApiOfTests {
  readonly name: "chat" | "messages" | "responses";
  readonly path: string;
  /** The smallest request. */
  body(extra?: object): Record<string, unknown>;
  /** The text of a whole answer. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by their paths
  textOf(answer: any): string;
  /** What only a stream that ended well has. */
  readonly end: RegExp;
  /** What every error in a stream has, once. */
  readonly streamError: RegExp;
  /** The type of an error by its status, or that of the gateway's own where there is no other. */
  readonly isAnthropic: boolean;
}

const messages = [{ role: "user", content: "hi" }];

export const CHAT: WireApiOfTests = {
  name: "chat",
  path: "/v1/chat/completions",
  body: (extra = {}) => ({ model: MODEL, messages, ...extra }),
  textOf: (answer) => answer.choices[0].message.content,
  end: /data: \[DONE\]|"finish_reason":"stop"/,
  streamError: /^data: \{"error":\{"message":/gm,
  isAnthropic: false,
};

export const MESSAGES: WireApiOfTests = {
  name: "messages",
  path: "/v1/messages",
  body: (extra = {}) => ({ model: MODEL, max_tokens: 1000, messages, ...extra }),
  textOf: (answer) => answer.content[0].text,
  end: /event: message_stop|"stop_reason":"end_turn"/,
  streamError: /^event: error\ndata: \{"type":"error","error":\{"type":/gm,
  isAnthropic: true,
};

export const RESPONSES: WireApiOfTests = {
  name: "responses",
  path: "/v1/responses",
  body: (extra = {}) => ({ model: MODEL, input: "hi", ...extra }),
  textOf: (answer) => answer.output[0].content[0].text,
  end: /event: response\.completed|"status":"completed","error"/,
  streamError: /^event: (?:response\.failed)$/gm,
  isAnthropic: false,
};

/** All of them, for `describe.each`. */
export const WIRE_APIS: readonly WireApiOfTests[] = [CHAT, MESSAGES, RESPONSES];

/** Sends a request to a gateway that listens. @param payload an object is sent as JSON */
export function ask(
  url: string,
  path: string,
  payload: object | string,
  { headers = {}, ...init }: RequestInit & { headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    headers: {
      authorization: `Bearer ${MASTER_KEY}`,
      "content-type": "application/json",
      "user-agent": "test-agent/1",
      ...headers,
    },
    body: typeof payload === "string" ? payload : JSON.stringify(payload),
    ...init,
  });
}

/** An error as its wire API says it. @param param as OpenAI's APIs name it */
export function errorShape(
  { isAnthropic }: WireApiOfTests,
  type: unknown,
  param: string | null = null,
): object {
  return isAnthropic
    ? {
        type: "error",
        error: expect.objectContaining({ type, message: expect.any(String) }),
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      }
    : {
        error: expect.objectContaining({
          message: expect.any(String),
          type: expect.any(String),
          param,
          code: expect.any(String),
        }),
      };
}
