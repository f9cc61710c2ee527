import { type ClientRequest, type Round, roundMessages, textTool } from "./turn";

const EPHEMERAL = { type: "ephemeral" };
const marked = (text: string) => [{ type: "text", text, cache_control: EPHEMERAL }];

/** Names and inputs as in its Architect mode, less what the task does not need. */
const TOOLS = [
  textTool("write_to_file", ["path", "content"], true),
  textTool("read_file", ["path"], true),
  textTool("ask_followup_question", ["question"], true),
  textTool("attempt_completion", ["result"], true),
  textTool("mcp--server--search", ["query"], false),
];

/** Roo Code 3.51 and Zoo Code, provider "OpenAI compatible", with prompt caching and the tokens of an answer limited. */
export function rooTurn(model: string, task: string, rounds: readonly Round[]): ClientRequest {
  const user = {
    role: "user",
    content: [
      { type: "text", text: `<user_message>\n${task}\n</user_message>` },
      {
        type: "text",
        text: "<environment_details>\n# Current Mode\ncode\n</environment_details>",
        cache_control: EPHEMERAL,
      },
    ],
  };
  return {
    headers: {
      "http-referer": "https://github.com/RooVetGit/Roo-Cline",
      "x-title": "Roo Code",
      "user-agent": "RooCode/3.51.1",
      "x-stainless-lang": "js",
      "x-stainless-package-version": "5.12.2",
    },
    body: {
      model,
      temperature: 0,
      messages: [
        { role: "system", content: marked("You are Roo, a knowledgeable engineer.") },
        user,
        ...roundMessages(rounds),
      ],
      stream: true,
      stream_options: { include_usage: true },
      tools: TOOLS,
      tool_choice: "auto",
      parallel_tool_calls: true,
      max_completion_tokens: 8192,
    },
  };
}
