/** Tools that the client runs; the provider only describes them to the model. By their kinds, see `toolKind`. */
const CLIENT_TOOLS: ReadonlySet<string> = new Set([
  "custom",
  "bash",
  "text_editor",
  "memory",
  "computer",
  "computer_toolset",
  "browser_toolset",
]);

const DATE = /_\d{8}$/;

/** A tool's type without its date, such as `web_search`; a tool without a type is `custom`. @returns `undefined` for no name */
export function toolKind(type: unknown): string | undefined {
  if (type === undefined || type === null) return "custom";
  return typeof type === "string" ? type.replace(DATE, "") : undefined;
}

/** Whether the client runs a tool. Of what nobody knows yet the answer is no. @param type of the tool */
export function isClientTool(type: unknown): boolean {
  const kind = toolKind(type);
  return kind !== undefined && CLIENT_TOOLS.has(kind);
}
