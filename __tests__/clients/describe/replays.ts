import { MODEL } from "../gateway-under-test";
import { clineTurn } from "../replays/cline";
import { replay } from "../replays/replay";
import { rooTurn } from "../replays/roo-code";
import type { Turn } from "../replays/turn";
import {
  DONE,
  expectAnswered,
  expectEnforced,
  type GatewaySource,
  standardKey,
  writeTask,
} from "./clients-context";

const CONTENT = "kept in memory";
const TASK = writeTask("note.txt", CONTENT);

/** Client, what it sends, and the name by which it is known in the audit log. */
const CLIENTS: readonly (readonly [string, Turn, RegExp])[] = [
  ["Roo Code and Zoo Code", rooTurn, /^roo/i],
  ["Cline", clineTurn, /./],
];

/** Clients that are no programs but extensions of an editor: their requests as they send them, read as they read. */
export function describeReplays(gateway: GatewaySource): void {
  test.each(CLIENTS)("%s: a task that writes a file and completes", async (name, turn, client) => {
    const before = (await gateway().upstreamRequests()).length;
    const alias = `replay-${name}`;
    const key = await standardKey(gateway(), alias);
    const first = await replay(gateway().url, key, turn(MODEL, TASK, []));
    expect(first).toMatchObject({
      text: "I write the file.",
      finish: "tool_calls",
      usage: { prompt_tokens: 11 },
    });
    expect(first.calls).toEqual([
      {
        id: expect.stringMatching(/^toolu_/),
        name: "write_to_file",
        input: { path: "note.txt", content: CONTENT },
      },
    ]);

    const second = await replay(gateway().url, key, turn(MODEL, TASK, [{ answer: first, result: "Saved." }]));
    expect(second).toMatchObject({ finish: "tool_calls", usage: { completion_tokens: 5 } });
    expect(second.calls).toEqual([
      { id: expect.any(String), name: "attempt_completion", input: { result: DONE } },
    ]);
    expectAnswered(await gateway().auditRows(alias), 2, client);
    await expectEnforced(gateway(), before, 2);
    const sent = (await gateway().upstreamRequests()).at(-1)?.body;
    expect(sent?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  });

  test("Roo Code's cache marks reach the provider", async () => {
    const key = await standardKey(gateway(), "replay-cache");
    await replay(gateway().url, key, rooTurn(MODEL, TASK, []));
    const sent = JSON.stringify((await gateway().upstreamRequests()).at(-1)?.body);
    expect(sent.match(/"cache_control":\{"type":"ephemeral"\}/g)?.length).toBeGreaterThanOrEqual(2);
  });
}
