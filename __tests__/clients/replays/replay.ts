import OpenAI from "openai";
import type { ClientRequest, ReadAnswer } from "./turn";

interface OpenCall {
  id: string;
  name: string;
  json: string;
}

/**
 * Sends a recorded request and reads the stream as these extensions do: with the iterator of the `openai` package,
 * texts added up, tool calls put together by their `index` (id and name from whichever piece has them), the last
 * usage kept.
 */
export async function replay(
  url: string,
  apiKey: string,
  { headers, body }: ClientRequest,
): Promise<ReadAnswer> {
  const client = new OpenAI({ apiKey, baseURL: `${url}/v1`, defaultHeaders: { ...headers }, maxRetries: 0 });
  const stream = await client.chat.completions.create(
    body as OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming,
  );
  const calls = new Map<number, OpenCall>();
  let text = "";
  let finish: string | null = null;
  let usage: ReadAnswer["usage"];
  for await (const chunk of stream) {
    const [choice] = chunk.choices;
    text += choice?.delta.content ?? "";
    for (const piece of choice?.delta.tool_calls ?? []) {
      const call = calls.get(piece.index) ?? { id: "", name: "", json: "" };
      calls.set(piece.index, call);
      call.id = piece.id ?? call.id;
      call.name = piece.function?.name ?? call.name;
      call.json += piece.function?.arguments ?? "";
    }
    finish = choice?.finish_reason ?? finish;
    if (chunk.usage) usage = { ...chunk.usage };
  }
  return {
    text,
    calls: [...calls.values()].map(({ id, name, json }) => ({
      id,
      name,
      input: JSON.parse(json) as unknown,
    })),
    finish,
    usage,
  };
}
