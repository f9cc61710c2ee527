import { type ClientRequest, type Round, roundMessages, textTool } from "./turn";

const TOOLS = [
  textTool("execute_command", ["command_line"]),
  textTool("write_to_file", ["path", "content"]),
  textTool("read_file", ["path"]),
  textTool("attempt_completion", ["result"]),
];

/** Cline 3, provider "OpenAI compatible": plain texts and tools, no cache marks. */
export function clineTurn(model: string, task: string, rounds: readonly Round[]): ClientRequest {
  return {
    headers: { "user-agent": "Cline/3.0.65", "x-title": "Cline", "http-referer": "https://cline.bot" },
    body: {
      model,
      messages: [
        { role: "system", content: "You are Cline, a software engineer." },
        {
          role: "user",
          content: [
            { type: "text", text: `<task>\n${task}\n</task>` },
            { type: "text", text: "<environment_details>\n# Current Mode\nACT MODE\n</environment_details>" },
          ],
        },
        ...roundMessages(rounds),
      ],
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
      tools: TOOLS,
      tool_choice: "auto",
    },
  };
}
