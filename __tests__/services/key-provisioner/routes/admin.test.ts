import { FakeCoder } from "../../../support/services/fake-coder";
import { MASTER_KEY } from "../../../support/services/gateway-processes";
import {
  ADMIN_TOKEN,
  call,
  ENCRYPTION_KEY,
  ProvisionerProcesses,
} from "../../../support/services/provisioner-process";
import type { ServiceProcess } from "../../../support/services/service-process";

let coder: FakeCoder;
let platform: ProvisionerProcesses;
let provisioner: ServiceProcess;

beforeAll(async () => {
  coder = await FakeCoder.start();
  platform = await ProvisionerProcesses.start(coder);
  provisioner = await platform.startProvisioner();
}, 90_000);
afterAll(async () => {
  await platform?.stop();
  await coder?.stop();
});

const admin = (method: string, path: string, body?: unknown) =>
  call(provisioner, method, `/api/v1${path}`, { bearer: ADMIN_TOKEN, body });

test("nobody but the administrator gets in, and every try is recorded", async () => {
  const user = coder.addUser("mallory");
  const { agentToken } = coder.addWorkspace(user);
  const service = (await admin("POST", "/keys/service", { kind: "ci", repo: "tries" })).body.key;
  for (const [method, path] of [
    ["GET", "/keys/list"],
    ["GET", "/keys/ci-tries"],
    ["POST", "/keys/service"],
    ["POST", "/keys/bootstrap"],
    ["POST", "/keys/reset-user"],
    ["POST", "/keys/ci-tries/rotate"],
    ["PUT", "/keys/ci-tries/level"],
    ["DELETE", "/keys/ci-tries"],
    ["PUT", "/coder/token"],
  ] as const) {
    for (const bearer of [undefined, agentToken, service]) {
      const answer = await call(provisioner, method, `/api/v1${path}`, {
        ...(bearer ? { bearer } : {}),
        body: method === "GET" ? undefined : {},
      });
      expect([path, answer.status]).toEqual([path, answer.status === 429 ? 429 : 401]);
    }
  }
  const events = await platform.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM audit_events WHERE action = 'refuse' AND outcome = 'admin_token_refused'",
  );
  expect(events[0]?.count).toBeGreaterThan(10);
  // Whoever has the token is let in from an address that is refused by now.
  expect((await admin("GET", "/keys/list")).status).toBe(200);
});

describe("service keys", () => {
  test.each([
    [
      { kind: "ci", repo: "team/frontend" },
      "ci-team/frontend",
      "ci:team/frontend",
      5,
      30,
      ["claude-haiku-4-5"],
    ],
    [
      { kind: "agent", role: "review" },
      "agent-review",
      "agent:review",
      15,
      40,
      ["claude-sonnet-4-5", "claude-haiku-4-5"],
    ],
    [{ kind: "agent", role: "write" }, "agent-write", "agent:write", 30, 60, []],
  ])("%j", async (body, alias, scope, budget, rpm, models) => {
    const made = await admin("POST", "/keys/service", body);
    expect(made).toMatchObject({
      status: 201,
      body: { alias, scope, budget_usd: budget, requests_per_minute: rpm, models, level: "standard" },
    });
    expect((await platform.atGateway(made.body.key)).body.info.metadata).toMatchObject({ scope });
    // It is shown once: here nothing of it is kept.
    const rows = await platform.query(
      `SELECT 1 FROM issued_keys WHERE alias = '${alias}' AND secret IS NULL AND next_secret IS NULL`,
    );
    expect(rows).toHaveLength(1);
    expect(await admin("POST", "/keys/service", body)).toMatchObject({
      status: 409,
      body: { error: { code: "key_exists" } },
    });
  });

  test("get another secret, and end", async () => {
    const first = (await admin("POST", "/keys/service", { kind: "ci", repo: "turns" })).body;
    await call(platform.gateway, "POST", "/key/update", {
      bearer: MASTER_KEY,
      body: { key: first.key, spend: 2 },
    });
    const second = (await admin("POST", "/keys/ci-turns/rotate")).body;
    expect(second).toMatchObject({ alias: "ci-turns", spent_usd: 2, scope: "ci:turns" });
    expect((await platform.atGateway(first.key)).status).toBe(404);
    expect((await platform.atGateway(second.key)).body.info.metadata).toMatchObject({ repo: "turns" });
    expect(await admin("GET", "/keys/ci-turns")).toMatchObject({
      status: 200,
      body: { state: "active", kind: "ci", spent_usd: 2 },
    });
    expect(await admin("DELETE", "/keys/ci-turns")).toMatchObject({
      status: 200,
      body: { revoked: "ci-turns" },
    });
    expect((await platform.atGateway(second.key)).status).toBe(404);
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/rotate"],
    ] as const)
      expect((await admin(method, `/keys/ci-turns${path}`)).status).toBe(404);
    const events = await platform.query<{ action: string }>(
      "SELECT action FROM audit_events WHERE alias = 'ci-turns' ORDER BY id",
    );
    expect(events.map(({ action }) => action).slice(0, 3)).toEqual(["issue", "rotate", "revoke"]);
  });

  test("with the name of a key that was made elsewhere are refused", async () => {
    await call(platform.gateway, "POST", "/key/generate", {
      bearer: MASTER_KEY,
      body: { key_alias: "ci-theirs" },
    });
    expect(await admin("POST", "/keys/service", { kind: "ci", repo: "theirs" })).toMatchObject({
      status: 409,
    });
  });

  test.each([
    {},
    { kind: "ci" },
    { kind: "ci", repo: "../x" },
    { kind: "agent", role: "admin" },
    { kind: "ci", repo: "a", models: [] },
  ])("are not made of %j", async (body) =>
    expect((await admin("POST", "/keys/service", body)).status).toBe(400),
  );
});

test("keys are listed page by page, without secrets", async () => {
  const first = (await admin("GET", "/keys/list?limit=2")).body;
  expect(first.keys).toHaveLength(2);
  const rest = (await admin("GET", `/keys/list?after=${encodeURIComponent(first.next_after)}`)).body;
  expect(rest.next_after).toBeNull();
  const aliases = [...first.keys, ...rest.keys].map(({ alias }: { alias: string }) => alias);
  expect(new Set(aliases).size).toBe(aliases.length);
  expect(aliases).toContain("agent-review");
  expect(JSON.stringify([first, rest])).not.toMatch(/sk-/);
});

test("users get keys in one go, which are theirs at self-service", async () => {
  const bo = coder.addUser("bo");
  const made = await admin("POST", "/keys/bootstrap", { users: ["bo", "cleo", "bo"] });
  expect(
    made.body.keys.map(({ alias, budget_usd }: { alias: string; budget_usd: number }) => [alias, budget_usd]),
  ).toEqual([
    ["user-bo", 20],
    ["user-cleo", 20],
  ]);
  const own = await call(provisioner, "POST", "/api/v1/keys/self-service", { bearer: bo.sessionToken });
  expect(own).toMatchObject({ status: 200, body: { key: made.body.keys[0].key, reused: true } });
  expect((await admin("POST", "/keys/bootstrap", { users: ["bo"] })).body.keys[0]).toMatchObject({
    key: own.body.key,
  });
});

test("a user's spend is reset on all of the user's keys", async () => {
  const { key } = (await admin("POST", "/keys/bootstrap", { users: ["dana"] })).body.keys[0];
  await call(platform.gateway, "POST", "/key/update", { bearer: MASTER_KEY, body: { key, spend: 7 } });
  expect((await call(provisioner, "GET", "/api/v1/keys/info", { bearer: key })).body.spent_usd).toBe(7);
  expect(await admin("POST", "/keys/reset-user", { user_id: "dana" })).toMatchObject({
    status: 200,
    body: { status: "ok", user_id: "dana", spend_reset: true, keys: 1 },
  });
  expect((await call(provisioner, "GET", "/api/v1/keys/info", { bearer: key })).body.spent_usd).toBe(0);
  expect((await admin("POST", "/keys/reset-user", {})).status).toBe(400);
});

test("Coder's token is taken when it reads workspaces, and asked for until then", async () => {
  const workspace = coder.addWorkspace(coder.addUser("finn"));
  const ask = () =>
    call(provisioner, "POST", "/api/v1/keys/workspace", {
      bearer: workspace.agentToken,
      body: { workspace_id: workspace.id },
    });
  expect(await ask()).toMatchObject({ status: 503, body: { error: { code: "coder_token_missing" } } });
  expect((await call(provisioner, "GET", "/health")).body).toMatchObject({
    status: "degraded",
    missing: ["coder token"],
  });
  expect(await admin("PUT", "/coder/token", { token: "some-other-token" })).toMatchObject({
    status: 400,
    body: { error: { code: "token_refused" } },
  });
  expect((await admin("PUT", "/coder/token", { token: coder.readerToken })).status).toBe(200);
  expect((await ask()).status).toBe(201);
});

describe("a level", () => {
  const LEVEL = "ai_enforcement_level";

  test("is loosened when an administrator permits it, with a new key that has spent what the old one had", async () => {
    const workspace = coder.addWorkspace(coder.addUser("gus"), { [LEVEL]: "design-first" });
    const ask = () =>
      call(provisioner, "POST", "/api/v1/keys/workspace", {
        bearer: workspace.agentToken,
        body: { workspace_id: workspace.id },
      });
    const first = (await ask()).body;
    await call(platform.gateway, "POST", "/key/update", {
      bearer: MASTER_KEY,
      body: { key: first.key, spend: 3 },
    });
    coder.build(workspace, "start", { [LEVEL]: "unrestricted" });
    expect((await ask()).body.level).toBe("design-first");

    const permit = (level: string | null) => admin("PUT", `/keys/workspace-${workspace.id}/level`, { level });
    expect((await permit("nonsense")).status).toBe(400);
    expect((await permit("standard")).status).toBe(200);
    const second = await ask();
    expect(second).toMatchObject({ status: 201, body: { level: "standard", spent_usd: 3, reused: false } });
    expect((await platform.atGateway(first.key)).status).toBe(404);
    expect(await ask()).toMatchObject({ status: 200, body: { key: second.body.key, level: "standard" } });

    await permit(null);
    coder.build(workspace, "start", { [LEVEL]: "design-first" });
    expect((await ask()).body.level).toBe("design-first");
    coder.build(workspace, "start", { [LEVEL]: "standard" });
    expect((await ask()).body.level).toBe("design-first");
  });
});

test("the encryption key is followed by what it had closed", async () => {
  const ada = coder.addUser("ada");
  const own = (at: ServiceProcess) =>
    call(at, "POST", "/api/v1/keys/self-service", { bearer: ada.sessionToken });
  const { key } = (await own(provisioner)).body;
  const closedWith = async () =>
    (
      await platform.query<{ id: string }>(
        "SELECT encode(substring(secret from 2 for 8), 'hex') AS id FROM issued_keys WHERE alias = 'user-ada'",
      )
    )[0]?.id;
  const before = await closedWith();
  const rotated = await platform.startProvisioner({
    KEY_ENCRYPTION_KEY: "sk-the-next-encryption-key",
    KEY_ENCRYPTION_KEY_PREVIOUS: ENCRYPTION_KEY,
  });
  expect(await own(rotated)).toMatchObject({ status: 200, body: { key } });
  // What is stored is encrypted anew without anybody asking for it.
  for (let tries = 0; (await closedWith()) === before && tries < 100; tries += 1)
    await new Promise((r) => setTimeout(r, 100));
  expect(await closedWith()).not.toBe(before);
  await rotated.stop();
  const after = await platform.startProvisioner({ KEY_ENCRYPTION_KEY: "sk-the-next-encryption-key" });
  expect(await own(after)).toMatchObject({ status: 200, body: { key } });
  await after.stop();
});

test("Coder's token that another key-provisioner was handed is found when Coder takes the former one no more", async () => {
  const other = await platform.startProvisioner();
  const ask = () => {
    const workspace = coder.addWorkspace(coder.addUser("gus"));
    return call(other, "POST", "/api/v1/keys/workspace", {
      bearer: workspace.agentToken,
      body: { workspace_id: workspace.id },
    });
  };
  await platform.handOverCoderToken(provisioner);
  expect((await ask()).status).toBe(201);
  coder.readerToken = "next-reader-token-of-the-provisioner";
  await platform.handOverCoderToken(provisioner);
  expect((await ask()).status).toBe(201);
  await other.stop();
});
