import { FakeCoder } from "../../../support/services/fake-coder";
import { MASTER_KEY } from "../../../support/services/gateway-processes";
import { call, ProvisionerProcesses } from "../../../support/services/provisioner-process";
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

const own = (bearer: string, body?: unknown) =>
  call(provisioner, "POST", "/api/v1/keys/self-service", { bearer, body });
const info = (bearer: string) => call(provisioner, "GET", "/api/v1/keys/info", { bearer });

test("a user gets a key, and the same one again", async () => {
  const ada = coder.addUser("ada");
  const made = await own(ada.sessionToken, { purpose: "trying things" });
  expect(made).toMatchObject({
    status: 201,
    body: {
      reused: false,
      alias: "user-ada",
      scope: "user:ada",
      budget_usd: 20,
      requests_per_minute: 100,
      level: "standard",
    },
  });
  expect((await platform.atGateway(made.body.key)).body.info).toMatchObject({
    user_id: "ada",
    metadata: { purpose: "trying things" },
  });
  expect(await own(ada.sessionToken)).toMatchObject({
    status: 200,
    body: { key: made.body.key, reused: true },
  });
});

test("who gets the name of somebody else does not get the key", async () => {
  const first = coder.addUser("sam");
  const { key } = (await own(first.sessionToken)).body;
  first.username = "sam-the-first";
  const second = coder.addUser("sam");
  const answer = await own(second.sessionToken);
  expect(answer.status).toBe(201);
  expect(answer.body.key).not.toBe(key);
  expect((await platform.atGateway(key)).status).toBe(404);
});

test("nobody else gets one: an agent, a suspended user, a stranger, a virtual key", async () => {
  const eve = coder.addUser("eve");
  const { agentToken } = coder.addWorkspace(eve);
  eve.status = "suspended";
  const { key } = (await own(coder.addUser("kim").sessionToken)).body;
  for (const token of [agentToken, eve.sessionToken, "stranger", key])
    expect(await own(token)).toMatchObject({
      status: 401,
      body: { error: { code: "session_token_refused", type: "auth_error" } },
    });
  expect((await call(provisioner, "POST", "/api/v1/keys/self-service")).status).toBe(401);
});

test("any key shows what is left of it, and nothing about others", async () => {
  const { key } = (await own(coder.addUser("lee").sessionToken)).body;
  await call(platform.gateway, "POST", "/key/update", { bearer: MASTER_KEY, body: { key, spend: 0.5 } });
  const answer = await info(key);
  expect(answer).toMatchObject({
    status: 200,
    body: {
      alias: "user-lee",
      spent_usd: 0.5,
      remaining_usd: 19.5,
      budget_period: "1d",
      parallel_requests: 10,
      blocked: false,
    },
  });
  const midnight = new Date();
  midnight.setUTCHours(24, 0, 0, 0);
  expect(answer.body.resets_at).toBe(midnight.toISOString());
  expect(await info("sk-not-a-key-of-anybody")).toMatchObject({
    status: 401,
    body: { error: { code: "invalid_key" } },
  });
  expect(await info(MASTER_KEY)).toMatchObject({
    status: 404,
    body: { error: { code: "not_a_virtual_key" } },
  });
});

test("a key that is asked about too often has to wait", async () => {
  const { key } = (await own(coder.addUser("max").sessionToken)).body;
  const answers = await Promise.all(Array.from({ length: 70 }, () => info(key)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(5);
  expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
  // Others are not concerned.
  expect((await own(coder.addUser("ned").sessionToken)).status).toBe(201);
});

test("without Coder users and workspaces are told so, and service keys are made all the same", async () => {
  const alone = await platform.startProvisioner({ CODER_URL: "" });
  const workspace = coder.addWorkspace(coder.addUser("pat"));
  const body = { workspace_id: workspace.id };
  for (const [path, bearer] of [
    ["self-service", "any-token"],
    ["workspace", workspace.agentToken],
  ] as const) {
    const answer = await call(alone, "POST", `/api/v1/keys/${path}`, { bearer, body });
    expect(answer).toMatchObject({ status: 503, body: { error: { code: "no_coder" } } });
  }
  expect((await call(alone, "GET", "/health")).body).toMatchObject({
    status: "ok",
    coder: "not_configured",
    missing: [],
  });
  await alone.stop();
});
