type Value = Record<string, unknown>;

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const ID = /^[a-zA-Z0-9_-]+$/;
const FIELDS = new Set([
  "model",
  "max_tokens",
  "system",
  "messages",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "stop_sequences",
  "temperature",
  "top_p",
  "top_k",
  "metadata",
  "cache_control",
  "stream",
]);

/** The rules of Anthropic's Messages API that a request breaks, as it is sent; for whatever made it. */
export function brokenRules(request: Value): string[] {
  const broken: string[] = [];
  const rule = (holds: boolean, name: string) => {
    if (!holds) broken.push(name);
  };
  for (const name of Object.keys(request)) rule(FIELDS.has(name), `unknown field ${name}`);
  const messages = request["messages"] as { role: string; content: Value[] }[];
  const tools = (request["tools"] ?? []) as Value[];
  const system = (request["system"] ?? []) as Value[];
  rule(messages.length > 0, "there is a turn");
  messages.forEach(({ role, content }, index) => {
    rule(role === (index % 2 === 0 ? "user" : "assistant"), `turn ${index} is the other one's`);
    rule(Array.isArray(content) && content.length > 0, `turn ${index} is not empty`);
    content.forEach((block) => {
      rule(ROLES[String(block["type"])]?.includes(role) === true, `${role} says no ${block["type"]}`);
      rule(!isBlank(block), `turn ${index} has no blank text`);
      if (block["type"] === "tool_result") checkResult(block, rule);
    });
    const results = content.filter(({ type }) => type === "tool_result");
    rule(
      content.slice(0, results.length).every((block) => results.includes(block)),
      "results come first",
    );
    const before = (messages[index - 1]?.content ?? []).filter(({ type }) => type === "tool_use");
    const answered = results.map((block) => block["tool_use_id"]).sort();
    rule(
      String(before.map(({ id }) => id).sort()) === String(answered),
      `turn ${index} answers the calls before it`,
    );
  });
  const uses = messages.flatMap(({ content }) => content).filter(({ type }) => type === "tool_use");
  rule(new Set(uses.map(({ id }) => id)).size === uses.length, "ids are unique");
  for (const { id, name, input } of uses) {
    rule(ID.test(String(id)) && NAME.test(String(name)), "ids and names are valid");
    rule(typeof input === "object" && input !== null && !Array.isArray(input), "input is an object");
  }
  rule(uses.length === 0 || tools.length > 0, "calls need tools");
  rule(messages.at(-1)?.content.some(({ type }) => type === "tool_use") !== true, "calls are not last");
  rule(!("system" in request) || system.length > 0, "system is not empty");
  for (const block of system) rule(block["type"] === "text" && !isBlank(block), "system is text");
  checkTools(request, tools, rule);
  checkMarks(
    [...tools, ...system, ...messages.flatMap(({ content }) => content)],
    request["cache_control"],
    rule,
  );
  return broken;
}

type Rule = (holds: boolean, name: string) => void;

const ROLES: Readonly<Record<string, readonly string[]>> = {
  text: ["user", "assistant"],
  image: ["user"],
  document: ["user"],
  tool_result: ["user"],
  tool_use: ["assistant"],
  thinking: ["assistant"],
  redacted_thinking: ["assistant"],
};

function isBlank(block: Value): boolean {
  return block["type"] === "text" && String(block["text"]).trim() === "";
}

function checkResult({ content, is_error: isError }: Value, rule: Rule): void {
  rule(typeof content === "string" || (Array.isArray(content) && content.length > 0), "a result has content");
  rule(isError !== true || content !== "", "an error says something");
  if (!Array.isArray(content)) return;
  for (const block of content as Value[]) {
    rule(
      ["text", "image", "document"].includes(String(block["type"])) && !isBlank(block),
      "a result holds content",
    );
  }
}

function checkTools(request: Value, tools: readonly Value[], rule: Rule): void {
  const names = tools.map(({ name }) => String(name));
  rule(
    new Set(names).size === names.length && names.every((name) => NAME.test(name)),
    "tools have valid names",
  );
  for (const { input_schema: schema } of tools as { input_schema: Value }[]) {
    rule(schema["type"] === "object", "tools take objects");
    rule(
      ["anyOf", "oneOf", "allOf"].every((name) => schema[name] === undefined),
      "tools take no alternatives",
    );
  }
  const choice = request["tool_choice"] as Value | undefined;
  const thinking = request["thinking"] as { type: string; budget_tokens: number } | undefined;
  rule(choice === undefined || tools.length > 0, "a choice needs tools");
  rule(choice?.["type"] !== "tool" || names.includes(String(choice["name"])), "the chosen tool is there");
  const isForced = choice?.["type"] === "tool" || choice?.["type"] === "any";
  rule(!isForced || thinking?.type !== "enabled", "no tool is demanded of a thinking model");
  if (thinking?.type !== "enabled") return;
  rule(
    thinking.budget_tokens >= 1024 && thinking.budget_tokens < Number(request["max_tokens"]),
    "the budget fits",
  );
}

function checkMarks(owners: readonly Value[], automatic: unknown, rule: Rule): void {
  const marks = [...owners.map((owner) => owner["cache_control"]), automatic].filter(
    (mark) => mark !== undefined,
  );
  rule(marks.length <= 4, "at most 4 cache marks");
  const lives = marks.map((mark) => (mark as { ttl?: string }).ttl ?? "5m");
  rule(
    lives.lastIndexOf("1h") < 0 || !lives.slice(0, lives.lastIndexOf("1h")).includes("5m"),
    "an hour comes first",
  );
  for (const owner of owners) {
    rule(
      owner["cache_control"] === undefined || !/thinking/.test(String(owner["type"])),
      "thinking has no mark",
    );
  }
}
