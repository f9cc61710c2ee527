import { join } from "node:path";
import { type AgentName, runAgent, UNAVOIDABLE_HOSTS } from "../agents";
import { ClientRun } from "../client-run";
import {
  DONE,
  expectAnswered,
  expectEnforced,
  type GatewaySource,
  standardKey,
  writeTask,
} from "./clients-context";

const CONTENT = "made by an agent";

/** Agent, requests of one task with a tool call, the name in the audit row, the route. */
const AGENTS: readonly (readonly [AgentName, number, RegExp, string])[] = [
  // The title of the session is asked for apart.
  ["opencode", 3, /^opencode\/1\.18\.33/, "/v1/chat/completions"],
  ["claude-code", 2, /^claude-code\/2\.1\.330/, "/v1/messages"],
  ["codex", 2, /^codex/, "/v1/responses"],
];

/** Coding agents, headless, each with a task that takes a tool call. */
export function describeAgents(gateway: GatewaySource): void {
  let run: ClientRun;
  beforeEach(() => {
    run = new ClientRun();
  });
  afterEach(() => run?.remove());

  test.each(AGENTS)("%s writes a file and says so", async (agent, count, client, route) => {
    const before = (await gateway().upstreamRequests()).length;
    const alias = `agent-${agent}`;
    const key = await standardKey(gateway(), alias);
    const prompt = writeTask(join(run.project, "note.txt"), CONTENT);
    const result = await runAgent(agent, run, { url: gateway().url, key, prompt });
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(DONE) });
    expect(result.contacted.filter((host) => !UNAVOIDABLE_HOSTS[agent].includes(host))).toEqual([]);
    expect(run.readProject("note.txt")).toBe(CONTENT);

    const rows = await gateway().auditRows(alias);
    expectAnswered(rows, count, client);
    expect(new Set(rows.map((row) => row.route))).toEqual(new Set([route]));
    expect(new Set(rows.map((row) => row.session_id)).size).toBe(1);
    expect(rows[0]?.session_id).toEqual(expect.any(String));
    await expectEnforced(gateway(), before, count);
  });
}
