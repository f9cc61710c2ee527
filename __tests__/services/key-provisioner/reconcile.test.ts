import { eventually } from "../../support/services/eventually";
import { FakeCoder, type FakeWorkspace } from "../../support/services/fake-coder";
import { MASTER_KEY } from "../../support/services/gateway-processes";
import { call, GATEWAY_TOKEN, ProvisionerProcesses } from "../../support/services/provisioner-process";
import type { ServiceProcess } from "../../support/services/service-process";

let coder: FakeCoder;
let platform: ProvisionerProcesses;
let provisioner: ServiceProcess;

beforeAll(async () => {
  coder = await FakeCoder.start();
  platform = await ProvisionerProcesses.start(coder);
  provisioner = await platform.startProvisioner({ RECONCILE_SECONDS: "1" });
  await platform.handOverCoderToken(provisioner);
}, 90_000);
afterAll(async () => {
  await platform?.stop();
  await coder?.stop();
});
afterEach(async () => {
  coder.outage = undefined;
  coder.mayReadUsers = false;
  coder.mayReadWorkspaces = true;
});

async function keyOf(workspace: FakeWorkspace): Promise<string> {
  const { status, body } = await call(provisioner, "POST", "/api/v1/keys/workspace", {
    bearer: workspace.agentToken,
    body: { workspace_id: workspace.id },
  });
  expect(status).toBe(201);
  return body.key;
}
const isThere = async (key: string) => (await platform.atGateway(key)).status === 200;
/** Resolves when another run has succeeded from beginning to end. */
async function reconciled(): Promise<void> {
  const at = async () => (await call(provisioner, "GET", "/health")).body.reconciled_at;
  for (let run = 0; run < 2; run += 1) {
    const before = await at();
    await eventually(async () => (await at()) !== before);
  }
}
const failed = () =>
  eventually(async () => (await call(provisioner, "GET", "/health")).body.reconciliation_problem !== null);

test("a deleted workspace loses its key, the others keep theirs", async () => {
  const ada = coder.addUser("ada");
  const [gone, stopped] = [coder.addWorkspace(ada), coder.addWorkspace(ada)];
  const [first, second] = [await keyOf(gone), await keyOf(stopped)];
  coder.build(stopped, "stop");
  coder.delete(gone);
  await eventually(async () => !(await isThere(first)));
  expect(await isThere(second)).toBe(true);
  const events = await platform.query(
    `SELECT action, outcome, actor FROM audit_events WHERE alias = 'workspace-${gone.id}' ORDER BY id`,
  );
  expect(events.at(-1)).toEqual({ action: "revoke", outcome: "workspace deleted", actor: "reconciliation" });
  expect((await call(provisioner, "GET", "/metrics")).body).toMatch(
    /^key_provisioner_keys_revoked_total 1$/m,
  );
});

test("an outage of Coder revokes nothing, and is told", async () => {
  const workspace = coder.addWorkspace(coder.addUser("ben"));
  const key = await keyOf(workspace);
  for (const outage of [500, 502, 404, 401, 200]) {
    coder.outage = outage;
    await failed();
    expect(await isThere(key)).toBe(true);
    coder.outage = undefined;
    await reconciled();
  }
});

test("a token that does not see workspaces any more revokes nothing until a day has passed", async () => {
  const workspace = coder.addWorkspace(coder.addUser("cat"));
  const key = await keyOf(workspace);
  coder.mayReadWorkspaces = false;
  await reconciled();
  expect(await isThere(key)).toBe(true);
  const alias = `workspace-${workspace.id}`;
  const since = () =>
    platform.query(`SELECT 1 FROM issued_keys WHERE alias = '${alias}' AND hidden_since IS NOT NULL`);
  expect(await since()).toHaveLength(1);
  coder.mayReadWorkspaces = true;
  await eventually(async () => (await since()).length === 0);

  coder.mayReadWorkspaces = false;
  await eventually(async () => (await since()).length === 1);
  await platform.query(
    `UPDATE issued_keys SET hidden_since = now() - interval '25 hours' WHERE alias = '${alias}'`,
  );
  await eventually(async () => !(await isThere(key)));
});

test("a user who is deleted or suspended loses the key, where users may be read", async () => {
  const [dan, eli] = [coder.addUser("dan"), coder.addUser("eli")];
  const own = async ({ sessionToken }: { sessionToken: string }) =>
    (await call(provisioner, "POST", "/api/v1/keys/self-service", { bearer: sessionToken })).body.key;
  const [first, second, ofWorkspace] = [await own(dan), await own(eli), await keyOf(coder.addWorkspace(eli))];
  coder.users.splice(coder.users.indexOf(dan), 1);
  await reconciled();
  expect(await isThere(first)).toBe(true);
  coder.mayReadUsers = true;
  await eventually(async () => !(await isThere(first)));
  expect(await isThere(second)).toBe(true);
  eli.status = "suspended";
  await eventually(async () => !(await isThere(second)) && !(await isThere(ofWorkspace)));
});

test("a key of ours that only the gateway knows is counted as ours, and ends with its workspace", async () => {
  const workspace = coder.addWorkspace(coder.addUser("fay"));
  const key = await keyOf(workspace);
  const alias = `workspace-${workspace.id}`;
  const theirs = await call(platform.gateway, "POST", "/key/generate", {
    bearer: MASTER_KEY,
    body: { key_alias: "workspace-of-somebody", metadata: { scope: "workspace:somebody" } },
  });
  await platform.query(`DELETE FROM issued_keys WHERE alias = '${alias}'`);
  await eventually(
    async () => (await platform.query(`SELECT 1 FROM issued_keys WHERE alias = '${alias}'`)).length === 1,
    30_000,
  );
  expect(await isThere(key)).toBe(true);
  coder.delete(workspace);
  await eventually(async () => !(await isThere(key)));
  expect(await isThere(theirs.body.key)).toBe(true);
}, 60_000);

test("what was never finished is cleared away, at the gateway too", async () => {
  const workspace = coder.addWorkspace(coder.addUser("gil"));
  const alias = `workspace-${workspace.id}`;
  const made = await call(platform.gateway, "POST", "/key/generate", {
    bearer: GATEWAY_TOKEN,
    body: { key_alias: alias, max_budget: 1 },
  });
  await platform.query(
    `INSERT INTO issued_keys (alias, kind, subject, updated_at) VALUES ('${alias}', 'workspace', '${workspace.id}', now() - interval '1 hour')`,
  );
  await eventually(async () => !(await isThere(made.body.key)));
});

test("a key that the reconciliation cannot deal with keeps no other from new figures", async () => {
  const owner = coder.addUser("hal");
  const keys = await Promise.all(Array.from({ length: 4 }, () => keyOf(coder.addWorkspace(owner))));
  // It comes before all workspaces.
  await platform.query(
    "INSERT INTO issued_keys (alias, kind, subject, gateway_key_id) VALUES ('agent-other', 'agent', 'other', 'x')",
  );
  await call(platform.gateway, "POST", "/key/generate", {
    bearer: GATEWAY_TOKEN,
    body: { key_alias: "agent-other", max_budget: 1 },
  });
  platform.configure({ workspace: { budgetUsd: 9 } });
  const budgets = () =>
    Promise.all(keys.map(async (key) => (await platform.atGateway(key)).body.info.max_budget));
  await eventually(async () => (await budgets()).every((budget) => budget === 9));
}, 60_000);
