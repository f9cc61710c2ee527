import { createHash } from "node:crypto";
import { MODEL } from "../targets/gateway-config";

/** The API that a request is written for. */
export type BenchApi = "chat-completions" | "messages" | "responses";

export const PATHS: Readonly<Record<BenchApi, string>> = {
  "chat-completions": "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
};

/** One message of a prompt. */
interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** A request's body, and the hash by which the upstream checks what arrived. */
export interface PreparedRequest {
  readonly body: string;
  /** SHA-256 in hex of all texts in order. */
  readonly promptSha256: string;
}

/** The fake upstream tells by it that a gateway which streams from it answers its own client with JSON. */
const JSON_MARK = "answer-as-json";
/** More than the fake upstream ever bills. */
const MAX_TOKENS = 256;

/**
 * A request. Without a size it is a short question; with one it is a long session of a coding agent, with code,
 * tool output and escapes, because a single long string would be too easy.
 * @param bytes about how long the body is
 */
export function prepareRequest(
  isStream: boolean,
  bytes = 0,
  api: BenchApi = "chat-completions",
): PreparedRequest {
  const messages: Message[] = [{ role: "user", content: `What is new?${isStream ? "" : ` ${JSON_MARK}`}` }];
  if (bytes > 0) messages.unshift({ role: "system", content: "You are a careful engineer.\nUse the tools." });
  for (let turn = 0, size = 300; size < bytes; turn += 1) {
    const next: Message =
      turn % 2 === 0
        ? { role: "user", content: toolOutput(turn) }
        : { role: "assistant", content: `I change "step ${turn}" – see \`src/step-${turn}.ts\`.` };
    // Pairs before the question, so that roles alternate and no two messages are joined.
    messages.splice(messages.length - 1, 0, next);
    size += Buffer.byteLength(JSON.stringify(next)) + 1;
  }
  if (messages.at(-2)?.role === "user") messages.splice(messages.length - 1, 0, reply());
  const hash = createHash("sha256");
  for (const { content } of messages) hash.update(content);
  return {
    body: JSON.stringify({
      model: MODEL,
      ...WRITERS[api](messages),
      ...(isStream ? { stream: true } : {}),
    }),
    promptSha256: hash.digest("hex"),
  };
}

const WRITERS: Readonly<Record<BenchApi, (messages: readonly Message[]) => object>> = {
  "chat-completions": (messages) => ({ messages, max_tokens: MAX_TOKENS }),
  messages: (messages) => ({
    system: messages.find(({ role }) => role === "system")?.content,
    messages: messages.filter(({ role }) => role !== "system"),
    max_tokens: MAX_TOKENS,
  }),
  responses: (messages) => ({
    instructions: messages.find(({ role }) => role === "system")?.content,
    input: messages.filter(({ role }) => role !== "system"),
    max_output_tokens: MAX_TOKENS,
  }),
};

function reply(): Message {
  return { role: "assistant", content: "Done." };
}

/** About 2 KiB, never twice the same. */
function toolOutput(turn: number): string {
  const lines = Array.from(
    { length: 32 },
    (_, line) => `${line}\tconst value${turn}_${line} = parse("C:\\\\temp\\\\${turn}", 'ü≥${line}'); // ok`,
  );
  return `<output step="${turn}">\n${lines.join("\n")}\n</output>`;
}
