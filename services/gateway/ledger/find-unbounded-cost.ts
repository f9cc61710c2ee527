/** Tools that the provider only describes and the client runs, by the beginning of their type. */
const CLIENT_TOOLS = ["custom", "bash_", "text_editor_", "computer_", "memory_"] as const;

/** Fields that change the price, or have the provider do work that is billed beside the tokens of the request. */
const FIELDS: readonly (readonly [name: string, isHarmless: (value: unknown) => boolean])[] = [
  ["mcp_servers", (value) => Array.isArray(value) && value.length === 0],
  ["container", () => false],
  ["fallbacks", (value) => Array.isArray(value) && value.length === 0],
  ["speed", (value) => value === "standard"],
  ["inference_geo", (value) => value === "global" || value === "not_available"],
];

/**
 * What of a request makes its cost impossible to bound beforehand: tools that the provider runs (they are billed for
 * each call and read the prompt again), and fields with another price.
 * @returns the path of the first such parameter; `undefined` when there is none
 */
export function findUnboundedCost(request: Readonly<Record<string, unknown>>): string | undefined {
  const field = FIELDS.find(([name, isHarmless]) => request[name] != null && !isHarmless(request[name]));
  if (field !== undefined) return field[0];
  const tools = request["tools"];
  if (!Array.isArray(tools)) return undefined;
  const index = tools.findIndex((tool: { type?: unknown } | null) => !isClientTool(tool?.type));
  return index < 0 ? undefined : `tools[${index}]`;
}

function isClientTool(type: unknown): boolean {
  if (type == null) return true;
  return typeof type === "string" && CLIENT_TOOLS.some((prefix) => type.startsWith(prefix));
}
