import type { WireApiOfTests } from "./wire-apis";

/** Makes a body of little else than values. @param values about how many, those in texts that are JSON included */
export type MakeBody = (values: number) => string;

const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: Math.max(1, Math.floor(count)) }, (_, index) => make(index)).join(",");
const text = (json: string) => JSON.stringify(json);

const HEAD = { chat: '"model":"m"', messages: '"model":"m","max_tokens":10', responses: '"model":"m"' };
const HI = '{"role":"user","content":"hi"}';
const ASKING = { chat: `"messages":[${HI}]`, messages: `"messages":[${HI}]`, responses: '"input":"hi"' };

/** Shapes that every API has. */
function common(api: keyof typeof HEAD): Readonly<Record<string, MakeBody>> {
  const body = (more: string) => `{${HEAD[api]},${ASKING[api]},${more}}`;
  return {
    "many members in metadata": (n) => body(`"metadata":{${times(n, (i) => `"k${i}":0`)}}`),
    "many members with numbers for names": (n) => body(`"x":{${times(n, (i) => `"${i * 7919}":0`)}}`),
    "objects with a name of their own each": (n) => body(`"x":[${times(n / 2, (i) => `{"k${i}":0}`)}]`),
    "empty objects in an unknown field": (n) => body(`"x":[${times(n, () => "{}")}]`),
    "lists in lists": (n) => body(`"x":[${times(n / 3, () => "[[[]]]")}]`),
    "numbers that are kept as they are written": (n) => body(`"x":[${times(n, () => "1.0")}]`),
  };
}

const chat = (more: string) => `{${HEAD.chat},${more}}`;
const schema = (inner: string) =>
  chat(
    `${ASKING.chat},"response_format":{"type":"json_schema","json_schema":{"name":"t","schema":${inner}}}`,
  );
const call = (id: string, args: string) =>
  `{"id":"${id}","type":"function","function":{"name":"f","arguments":${text(args)}}}`;

const CHAT: Readonly<Record<string, MakeBody>> = {
  ...common("chat"),
  turns: (n) =>
    chat(
      `"messages":[${times(n / 3, (i) => `{"role":"${i % 2 ? "assistant" : "user"}","content":"a"}`)},${HI}]`,
    ),
  "instructions among turns": (n) =>
    chat(
      `"messages":[${times(n / 3, (i) => `{"role":"${i % 2 ? "system" : "user"}","content":"a"}`)},${HI}]`,
    ),
  parts: (n) =>
    chat(`"messages":[{"role":"user","content":[${times(n / 3, () => '{"type":"text","text":"a"}')}]}]`),
  "calls and their results": (n) => {
    const results = times(n / 10, (i) => `{"role":"tool","tool_call_id":"c${i}","content":"x"}`);
    return chat(
      `"messages":[${HI},{"role":"assistant","tool_calls":[${times(n / 10, (i) => call(`c${i}`, "{}"))}]},${results}]`,
    );
  },
  "calls without results": (n) =>
    chat(
      `"messages":[${HI},{"role":"assistant","tool_calls":[${times(n / 6, (i) => call(`c${i}`, "{}"))}]},${HI}]`,
    ),
  "results without calls": (n) =>
    chat(`"messages":[${times(n / 4, (i) => `{"role":"tool","tool_call_id":"c${i}","content":"x"}`)}]`),
  "arguments of one call": (n) =>
    chat(
      `"messages":[${HI},{"role":"assistant","tool_calls":[${call("c", `[${times(n, () => "{}")}]`)}]},${HI}]`,
    ),
  "arguments of many calls": (n) => {
    const args = `[${times(1000, () => "{}")}]`;
    const calls = times(n / 1008, (i) => call(`c${i}`, args));
    return chat(`"messages":[${HI},{"role":"assistant","tool_calls":[${calls}]},${HI}]`);
  },
  tools: (n) =>
    chat(
      `${ASKING.chat},"tools":[${times(n / 5, (i) => `{"type":"function","function":{"name":"t${i}","parameters":{}}}`)}]`,
    ),
  "tools whose names must change": (n) =>
    chat(
      `${ASKING.chat},"tools":[${times(n / 5, (i) => `{"type":"function","function":{"name":"t.${i}","parameters":{}}}`)}]`,
    ),
  "a schema of many members": (n) =>
    schema(`{"type":"object","properties":{${times(n / 2, (i) => `"k${i}":{"type":"string"}`)}}}`),
  "a schema of many references": (n) =>
    schema(
      `{"type":"object","$defs":{"a":{"type":"string"}},"properties":{${times(n / 2, (i) => `"k${i}":{"$ref":"#/$defs/a"}`)}}}`,
    ),
  "a schema of many parts": (n) =>
    schema(
      `{"type":"object","allOf":[${times(n / 5, (i) => `{"properties":{"k${i}":{}},"required":["k${i}"]}`)}]}`,
    ),
  "a schema of many required members": (n) =>
    schema(
      `{"type":"object","properties":{${times(n / 2, (i) => `"k${i}":{}`)}},"required":[${times(n / 2, (i) => `"k${i}"`)}]}`,
    ),
  "stop texts": (n) => chat(`${ASKING.chat},"stop":[${times(n, (i) => `"s${i}"`)}]`),
  thinking: (n) => {
    const blocks = times(n / 4, () => '{"type":"thinking","thinking":"a","signature":"s"}');
    return chat(`"messages":[${HI},{"role":"assistant","content":"a","thinking_blocks":[${blocks}]},${HI}]`);
  },
};

const messages = (more: string) => `{${HEAD.messages},${more}}`;
const block = '{"type":"text","text":"a"}';

const MESSAGES: Readonly<Record<string, MakeBody>> = {
  ...common("messages"),
  turns: (n) =>
    messages(
      `"messages":[${times(n / 3, (i) => `{"role":"${i % 2 ? "assistant" : "user"}","content":"a"}`)},${HI}]`,
    ),
  blocks: (n) => messages(`"messages":[{"role":"user","content":[${times(n / 3, () => block)}]}]`),
  "blocks of instructions": (n) => messages(`${ASKING.messages},"system":[${times(n / 3, () => block)}]`),
  "instructions among turns": (n) =>
    messages(`"messages":[${HI},${times(n / 3, () => '{"role":"system","content":"a"}')},${HI}]`),
  "cache marks": (n) => {
    const marked = '{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}';
    return messages(`"messages":[{"role":"user","content":[${times(n / 5, () => marked)}]}]`);
  },
  tools: (n) =>
    messages(
      `${ASKING.messages},"tools":[${times(n / 4, (i) => `{"name":"t${i}","input_schema":{},"x${i}":0}`)}]`,
    ),
  "input of a call": (n) => {
    const input = `{${times(n, (i) => `"k${i}":0`)}}`;
    return messages(
      `"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"b","input":${input}}]},${HI}]`,
    );
  },
};

const responses = (more: string) => `{${HEAD.responses},${more}}`;

const RESPONSES: Readonly<Record<string, MakeBody>> = {
  ...common("responses"),
  items: (n) => responses(`"input":[${times(n / 3, () => HI)}]`),
  "instructions among items": (n) =>
    responses(
      `"input":[${times(n / 3, (i) => `{"role":"${i % 2 ? "developer" : "user"}","content":"a"}`)},${HI}]`,
    ),
  parts: (n) =>
    responses(
      `"input":[{"role":"user","content":[${times(n / 3, () => '{"type":"input_text","text":"a"}')}]}]`,
    ),
  "calls, then their results": (n) => {
    const calls = times(
      n / 9,
      (i) => `{"type":"function_call","call_id":"c${i}","name":"f","arguments":"{}"}`,
    );
    const results = times(n / 9, (i) => `{"type":"function_call_output","call_id":"c${i}","output":"x"}`);
    return responses(`"input":[${HI},${calls},${results}]`);
  },
  "arguments of many calls": (n) => {
    const args = text(`[${times(1000, () => "{}")}]`);
    const calls = times(
      n / 1006,
      (i) => `{"type":"function_call","call_id":"c${i}","name":"f","arguments":${args}}`,
    );
    return responses(`"input":[${HI},${calls}]`);
  },
  "reasoning that is none of ours": (n) => {
    const sealed = Buffer.from(`[${times(1000, () => "{}")}]`).toString("base64");
    const items = times(
      n / 1000,
      (i) => `{"type":"reasoning","id":"r${i}","summary":[],"encrypted_content":"${sealed}"}`,
    );
    return responses(`"input":[${HI},${items},${HI}]`);
  },
  tools: (n) =>
    responses(
      `${ASKING.responses},"tools":[${times(n / 4, (i) => `{"type":"function","name":"t${i}","parameters":{}}`)}]`,
    ),
  "tools of free text": (n) =>
    responses(`${ASKING.responses},"tools":[${times(n / 3, (i) => `{"type":"custom","name":"t${i}"}`)}]`),
  "groups of tools": (n) => {
    const group = (i: number) =>
      `{"type":"namespace","name":"n${i}","tools":[{"type":"function","name":"t${i}","parameters":{}}]}`;
    return responses(`${ASKING.responses},"tools":[${times(n / 8, group)}]`);
  },
};

/** Bodies of an API that are cheap to send, and that cost a reader the most. */
export const DENSE_BODIES: Readonly<Record<WireApiOfTests["name"], Readonly<Record<string, MakeBody>>>> = {
  chat: CHAT,
  messages: MESSAGES,
  responses: RESPONSES,
};
