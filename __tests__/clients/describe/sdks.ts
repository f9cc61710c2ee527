import { ClientRun } from "../client-run";
import { MODEL, SMALL_MODEL } from "../gateway-under-test";
import {
  DONE,
  expectAnswered,
  expectEnforced,
  type GatewaySource,
  standardKey,
  writeTask,
} from "./clients-context";

const HELLO = "Hello from the fake upstream";
const CONTENT = "written by a tool: “ü” {1}";
const TASK = writeTask("NAME", CONTENT);

/** The SDKs that other programs are built on. */
export function describeSdks(gateway: GatewaySource): void {
  let run: ClientRun;
  let upstreamBefore: number;
  beforeEach(async () => {
    run = new ClientRun();
    upstreamBefore = (await gateway().upstreamRequests()).length;
  });
  afterEach(() => run?.remove());

  async function report(program: string, alias: string) {
    const key = await standardKey(gateway(), alias);
    const env = { GATEWAY_URL: gateway().url, API_KEY: key, MODEL, TASK };
    const { exitCode, stdout, stderr, contacted } = await run.program(`${program}.mjs`, env);
    expect([exitCode, exitCode === 0 ? "" : stderr, contacted]).toEqual([0, "", []]);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  test("openai: models, whole and streamed answers, runTools, responses with a tool", async () => {
    const { responses, ...rest } = await report("openai", "sdk-openai");
    expect(rest).toEqual({
      models: expect.arrayContaining([MODEL, SMALL_MODEL]),
      model: MODEL,
      whole: { text: HELLO, finish: "stop", usage: 16, hasRequestId: true },
      stream: { deltas: HELLO, text: HELLO, finish: "stop", usage: 16 },
      runTools: { text: DONE, roles: ["user", "assistant", "tool", "assistant"] },
    });
    expect(responses).toEqual({
      text: DONE,
      status: "completed",
      usage: 16,
      turns: 2,
      events: RESPONSE_EVENTS,
    });
    expect(run.readProject("run-tools.txt")).toBe(CONTENT);
    expect(run.readProject("responses.txt")).toBe(CONTENT);
    const rows = await gateway().auditRows("sdk-openai");
    const asked = rows.filter(({ route }) => route !== "/v1/models");
    expectAnswered(asked, 6, /^openai/);
    await expectEnforced(gateway(), upstreamBefore, 6);
  });

  // Fails until the gateway has /v1/messages/count_tokens and lists models in Anthropic's shape; then it is a plain test.
  test("@anthropic-ai/sdk: models and counted tokens", async () => {
    expect(await report("anthropic-questions", "sdk-anthropic-questions")).toEqual({
      models: expect.arrayContaining([`model ${MODEL}`, `model ${SMALL_MODEL}`]),
      model: MODEL,
      counted: 42,
    });
  });

  test("@anthropic-ai/sdk: whole and streamed messages, the tool runner", async () => {
    expect(await report("anthropic", "sdk-anthropic")).toEqual({
      whole: { text: HELLO, stop: "end_turn", usage: 5 },
      stream: { deltas: HELLO, text: HELLO, stop: "end_turn", model: MODEL, usage: 5 },
      toolRunner: { text: DONE, stop: "end_turn" },
      toolRunnerStream: { text: DONE, stop: "end_turn" },
    });
    expect(run.readProject("tool-runner.txt")).toBe(CONTENT);
    expect(run.readProject("tool-runner-stream.txt")).toBe(CONTENT);
    const rows = await gateway().auditRows("sdk-anthropic");
    // Each runner first asks for a conversation kept by the provider, is told that there is none, and does without.
    expect(rows.filter(({ status }) => status === 400)).toHaveLength(2);
    expectAnswered(
      rows.filter(({ status }) => status !== 400),
      6,
      /^anthropic/i,
    );
    await expectEnforced(gateway(), upstreamBefore, 6);
  });

  test("ai with @ai-sdk/openai-compatible: streamText with a tool", async () => {
    expect(await report("ai-sdk", "sdk-ai")).toEqual({
      text: `I write the file.${DONE}`,
      last: DONE,
      finishes: ["tool-calls", "stop"],
      usage: 32,
      errors: [],
    });
    expect(run.readProject("ai-sdk.txt")).toBe(CONTENT);
    expectAnswered(await gateway().auditRows("sdk-ai"), 2, /^ai-sdk-openai-compatible\/3\.0\.92/);
    await expectEnforced(gateway(), upstreamBefore, 2);
  });
}

const RESPONSE_EVENTS = [
  "response.created",
  "response.in_progress",
  "response.output_item.added",
  "response.content_part.added",
  "response.output_text.delta",
  "response.output_text.done",
  "response.content_part.done",
  "response.output_item.done",
  "response.function_call_arguments.delta",
  "response.function_call_arguments.done",
  "response.completed",
];
