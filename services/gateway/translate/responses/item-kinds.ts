/** What becomes of the items of a conversation that are not translated. */
export type Verdict =
  /** The model misses nothing that it must know: left out when the operator allows it. */
  | { readonly kind: "droppable" }
  /** Without it the conversation would be another one. */
  | { readonly kind: "refused"; readonly remedy: string };

const DROPPABLE: Verdict = { kind: "droppable" };
const SEND_CALLS: Verdict = {
  kind: "refused",
  remedy: "offer the tool as a function or a custom tool, and send its calls as such",
};

/** Items of the API that have no counterpart, by their type. What OpenAI's own tools found is in the text after them. */
const VERDICTS: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ["apply_patch_call", SEND_CALLS],
  ["apply_patch_call_output", SEND_CALLS],
  ["code_interpreter_call", DROPPABLE],
  ["compaction", { kind: "refused", remedy: "only OpenAI can read it; send the conversation itself" }],
  ["compaction_trigger", { kind: "refused", remedy: "shorten the conversation in the client" }],
  ["computer_call", SEND_CALLS],
  ["computer_call_output", SEND_CALLS],
  ["configuration_update", DROPPABLE],
  ["file_search_call", DROPPABLE],
  ["image_generation_call", DROPPABLE],
  ["item_reference", { kind: "refused", remedy: "it keeps no items; send the item itself" }],
  ["local_shell_call", SEND_CALLS],
  ["local_shell_call_output", SEND_CALLS],
  ["mcp_approval_request", DROPPABLE],
  ["mcp_approval_response", DROPPABLE],
  ["mcp_call", DROPPABLE],
  ["mcp_list_tools", DROPPABLE],
  ["program", DROPPABLE],
  ["program_output", DROPPABLE],
  ["shell_call", SEND_CALLS],
  ["shell_call_output", SEND_CALLS],
  ["tool_search_call", DROPPABLE],
  ["tool_search_output", DROPPABLE],
  ["web_search_call", DROPPABLE],
]);

/** `undefined` for a type that the API does not have. */
export function verdictOf(type: string): Verdict | undefined {
  return VERDICTS.get(type);
}
