import { randomUUID } from "node:crypto";
import { eventually } from "../../../support/services/eventually";
import { FakeCoder, type FakeWorkspace } from "../../../support/services/fake-coder";
import { MASTER_KEY } from "../../../support/services/gateway-processes";
import { call, ProvisionerProcesses } from "../../../support/services/provisioner-process";
import type { ServiceProcess } from "../../../support/services/service-process";

let coder: FakeCoder;
let platform: ProvisionerProcesses;
let provisioner: ServiceProcess;
let ada: ReturnType<FakeCoder["addUser"]>;
let eve: ReturnType<FakeCoder["addUser"]>;

beforeAll(async () => {
  coder = await FakeCoder.start();
  platform = await ProvisionerProcesses.start(coder);
  provisioner = await platform.startProvisioner();
  await platform.handOverCoderToken(provisioner);
  ada = coder.addUser("ada");
  eve = coder.addUser("eve");
}, 90_000);
afterAll(async () => {
  await platform?.stop();
  await coder?.stop();
});
afterEach(() => {
  coder.outage = undefined;
  platform.configure();
});

const LEVEL = "ai_enforcement_level";
const ask = (
  workspace: Pick<FakeWorkspace, "agentToken">,
  workspaceId: string,
  more: object = {},
  at = provisioner,
) =>
  call(at, "POST", "/api/v1/keys/workspace", {
    bearer: workspace.agentToken,
    body: { workspace_id: workspaceId, ...more },
  });
const own = (workspace: FakeWorkspace, more: object = {}) => ask(workspace, workspace.id, more);

describe("a workspace", () => {
  test("gets a key with what the platform gives it, and everything about it from Coder", async () => {
    const workspace = coder.addWorkspace(ada, { [LEVEL]: "design-first" });
    const answer = await own(workspace, {
      username: "eve",
      enforcement_level: "unrestricted",
      workspace_name: "x",
    });
    expect(answer).toMatchObject({
      status: 201,
      body: {
        reused: false,
        alias: `workspace-${workspace.id}`,
        scope: `workspace:${workspace.id}`,
        level: "design-first",
        owner: "ada",
        budget_usd: 10,
        spent_usd: 0,
        budget_period: "1d",
        requests_per_minute: 60,
        tokens_per_minute: 100_000,
        parallel_requests: 5,
      },
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect((await platform.atGateway(answer.body.key)).body.info).toMatchObject({
      key_alias: `workspace-${workspace.id}`,
      user_id: "ada",
      max_budget: 10,
      budget_duration: "1d",
      rpm_limit: 60,
      created_by: "key-provisioner",
      metadata: {
        scope: `workspace:${workspace.id}`,
        key_type: "workspace",
        created_by: "key-provisioner",
        workspace_id: workspace.id,
        workspace_owner: "ada",
        workspace_name: "dev",
        enforcement_level: "design-first",
      },
    });
    expect(coder.agentLogs.at(-1)).toEqual({
      agentId: workspace.agentId,
      level: "info",
      output: "key issued: level design-first, $10 a day, 60 requests a minute",
    });
  });

  test("gets the same key again, after a restart too", async () => {
    const workspace = coder.addWorkspace(ada);
    const first = await own(workspace);
    expect(await own(workspace)).toMatchObject({ status: 200, body: { key: first.body.key, reused: true } });
    coder.build(workspace, "start");
    expect(await own(workspace)).toMatchObject({ status: 200, body: { key: first.body.key, reused: true } });
    expect(coder.agentLogs.at(-1)?.output).toMatch(/^key kept: level standard/);
  });

  test("that asks several times at once, at two key-provisioners, gets one key", async () => {
    const other = await platform.startProvisioner();
    const workspace = coder.addWorkspace(ada);
    const answers = await Promise.all(
      [provisioner, other, provisioner, other, provisioner].map((at) => ask(workspace, workspace.id, {}, at)),
    );
    expect(new Set(answers.map(({ body }) => body.key)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    await other.stop();
  });
});

describe("refused is", () => {
  const REFUSED = { not_this_workspace: 403, agent_token_refused: 401 } as const;
  const expectRefusal = async (
    answer: Promise<Awaited<ReturnType<typeof ask>>>,
    code: string,
    status: number | undefined = REFUSED[code as keyof typeof REFUSED],
  ) => {
    const { status: got, body } = await answer;
    expect([got, body.error.code]).toEqual([status, code]);
    expect(body.key).toBeUndefined();
    const [event] = await platform.query<object>(
      "SELECT action, outcome FROM audit_events ORDER BY id DESC LIMIT 1",
    );
    expect(event).toEqual({ action: "refuse", outcome: code });
  };

  test("the id of another workspace, of the same user or of somebody else, or of none", async () => {
    const [mine, second, others] = [
      coder.addWorkspace(eve),
      coder.addWorkspace(eve),
      coder.addWorkspace(ada),
    ];
    await own(others);
    await expectRefusal(ask(mine, second.id), "not_this_workspace");
    await expectRefusal(ask(mine, others.id), "not_this_workspace");
    await expectRefusal(ask(mine, randomUUID()), "not_this_workspace");
    expect(coder.agentLogs.at(-1)?.output).toMatch(/^no key: /);
  });

  test("the token of an earlier build, or of a workspace that is stopped", async () => {
    const workspace = coder.addWorkspace(eve);
    const { agentToken } = workspace;
    coder.build(workspace, "start");
    await expectRefusal(ask({ agentToken }, workspace.id), "agent_token_refused");
    coder.build(workspace, "stop");
    await expectRefusal(own(workspace), "agent_token_refused");
  });

  test("a session token, the reader's token, an invented one", async () => {
    const workspace = coder.addWorkspace(eve);
    for (const agentToken of [eve.sessionToken, coder.readerToken, "invented"])
      await expectRefusal(ask({ agentToken }, workspace.id), "agent_token_refused");
  });

  test("a workspace of another template, whose parameters mean nothing", async () => {
    const workspace = coder.addWorkspace(eve);
    workspace.templateName = "eves-own";
    await expectRefusal(own(workspace), "template_not_allowed", 403);
  });

  test("a body without an id, or with one that leads elsewhere at Coder", async () => {
    const workspace = coder.addWorkspace(eve);
    for (const workspaceId of ["", "../users/me", `${workspace.id}/..`])
      await expectRefusal(ask(workspace, workspaceId), "invalid_request", 400);
  });

  test("a key that an administrator has blocked", async () => {
    const workspace = coder.addWorkspace(eve);
    const { key } = (await own(workspace)).body;
    await call(platform.gateway, "POST", "/key/block", { bearer: MASTER_KEY, body: { key } });
    await expectRefusal(own(workspace), "key_blocked", 403);
  });
});

describe("the level", () => {
  const levelOf = async (workspace: FakeWorkspace) => {
    const { body } = await own(workspace);
    const { info } = (await platform.atGateway(body.key)).body;
    expect(info.metadata.enforcement_level).toBe(body.level);
    return body.level;
  };

  test.each([
    ["the default one", {}, undefined, "standard"],
    ["the one that is picked", {}, "unrestricted", "unrestricted"],
    ["the strictest, for one that does not exist", {}, "nonsense", "design-first"],
    ["the scope's minimum", { minimum: { workspace: "standard" } }, "unrestricted", "standard"],
    ["everybody's minimum", { minimum: { "*": "design-first" } }, "standard", "design-first"],
    ["no minimum of another scope", { minimum: { agent: "design-first" } }, "standard", "standard"],
    ["the user's minimum", { users: { Ada: "design-first" } }, "unrestricted", "design-first"],
  ])("is %s", async (_what, settings, wish, level) => {
    platform.configure(settings);
    // It follows its file.
    await eventually(async () => {
      const workspace = coder.addWorkspace(ada, wish === undefined ? {} : { [LEVEL]: wish });
      return (await levelOf(workspace)) === level;
    });
  });

  test("is tightened at once and not loosened by the user", async () => {
    const workspace = coder.addWorkspace(ada, { [LEVEL]: "standard" });
    const { key } = (await own(workspace)).body;
    coder.build(workspace, "start", { [LEVEL]: "design-first" });
    expect(await own(workspace)).toMatchObject({ status: 200, body: { key, level: "design-first" } });
    for (const wish of ["standard", "unrestricted"]) {
      coder.build(workspace, "start", { [LEVEL]: wish });
      expect(await own(workspace)).toMatchObject({ status: 200, body: { key, level: "design-first" } });
      expect(coder.agentLogs.at(-1)?.output).toContain(`(${wish} was asked for`);
    }
  });
});

test("new figures reach a key that is there", async () => {
  const workspace = coder.addWorkspace(ada);
  const { key } = (await own(workspace)).body;
  platform.configure({ workspace: { budgetUsd: 3, requestsPerMinute: 7 } });
  await eventually(async () => (await platform.atGateway(key)).body.info.rpm_limit === 7);
  expect(await own(workspace)).toMatchObject({
    status: 200,
    body: { key, budget_usd: 3, requests_per_minute: 7 },
  });
});

describe("what was interrupted is gone on with:", () => {
  test("a key at the gateway that this database does not know gets a new secret, and keeps its spend", async () => {
    const workspace = coder.addWorkspace(ada, { [LEVEL]: "standard" });
    const first = (await own(workspace)).body.key;
    await call(platform.gateway, "POST", "/key/update", {
      bearer: MASTER_KEY,
      body: { key: first, spend: 4 },
    });
    await platform.query(`DELETE FROM issued_keys WHERE alias = 'workspace-${workspace.id}'`);
    const second = await own(workspace);
    expect(second).toMatchObject({ status: 201, body: { reused: false, spent_usd: 4 } });
    expect((await platform.atGateway(first)).status).toBe(404);
  });

  test("a secret that was written down and not yet taken", async () => {
    const workspace = coder.addWorkspace(ada);
    const alias = `workspace-${workspace.id}`;
    const { key } = (await own(workspace)).body;
    // As after a crash between the gateway's answer and our own note of it.
    await platform.query(
      `UPDATE issued_keys SET next_secret = secret, secret = NULL, gateway_key_id = NULL WHERE alias = '${alias}'`,
    );
    expect(await own(workspace)).toMatchObject({ status: 201, body: { key } });
    expect(await own(workspace)).toMatchObject({ status: 200, body: { key } });
  });

  test("a key that is gone at the gateway", async () => {
    const workspace = coder.addWorkspace(ada);
    const { key } = (await own(workspace)).body;
    await call(platform.gateway, "POST", "/key/delete", { bearer: MASTER_KEY, body: { keys: [key] } });
    const next = await own(workspace);
    expect(next.status).toBe(201);
    expect(next.body.key).not.toBe(key);
    expect((await platform.atGateway(next.body.key)).status).toBe(200);
  });

  test("a stored key that was put in another's place is not handed out", async () => {
    const [mine, others] = [coder.addWorkspace(eve), coder.addWorkspace(ada)];
    const theirs = (await own(others)).body.key;
    await own(mine);
    await platform.query(
      `UPDATE issued_keys SET secret = (SELECT secret FROM issued_keys WHERE alias = 'workspace-${others.id}')
        WHERE alias = 'workspace-${mine.id}'`,
    );
    const { status, body } = await own(mine);
    expect(status).toBe(201);
    expect(body.key).not.toBe(theirs);
  });
});

describe("while something is away, nobody gets a key and all are told why:", () => {
  test("Coder", async () => {
    const workspace = coder.addWorkspace(ada);
    coder.outage = 502;
    expect(await own(workspace)).toMatchObject({
      status: 503,
      body: { error: { code: "coder_unavailable" } },
    });
    coder.outage = undefined;
    await coder.stop();
    const answer = await own(workspace);
    expect(answer).toMatchObject({ status: 503, body: { error: { code: "coder_unreachable" } } });
    expect(answer.headers.get("retry-after")).toBe("5");
    await eventually(async () => (await call(provisioner, "GET", "/health")).body.missing.includes("coder"));
    await coder.listen();
    expect((await own(workspace)).status).toBe(201);
  });

  test("the database", async () => {
    const workspace = coder.addWorkspace(ada);
    await platform.processes.postgres.pause("immediate");
    const { status, body } = await own(workspace);
    expect([status, body.error.code]).toEqual([503, "database_unavailable"]);
    await eventually(async () =>
      (await call(provisioner, "GET", "/health")).body.missing.includes("database"),
    );
    await platform.processes.postgres.resume();
    await eventually(async () => (await own(workspace)).status === 201, 20_000);
  });
});

test("keys are encrypted in the database, and in no line of the log", async () => {
  const workspace = coder.addWorkspace(ada);
  const { key } = (await own(workspace)).body;
  const rows = await platform.query<{ all: string }>(
    `SELECT row_to_json(issued_keys)::text || encode(coalesce(secret, ''), 'escape') AS all FROM issued_keys
     UNION ALL SELECT row_to_json(audit_events)::text FROM audit_events`,
  );
  const text = rows.map((row) => row.all).join("\n") + provisioner.output;
  expect(text).toContain(workspace.id);
  expect(text).not.toContain(key);
  expect(text).not.toContain(workspace.agentToken);
  expect(text).not.toContain(coder.readerToken);
});
