import { FakeCoder } from "../../support/services/fake-coder";
import { call, ProvisionerProcesses } from "../../support/services/provisioner-process";
import type { ServiceProcess } from "../../support/services/service-process";

let coder: FakeCoder;
let platform: ProvisionerProcesses;
let provisioner: ServiceProcess;

beforeAll(async () => {
  coder = await FakeCoder.start();
  platform = await ProvisionerProcesses.start(coder);
}, 90_000);
// Each has its own limits.
beforeEach(async () => {
  provisioner = await platform.startProvisioner();
  await platform.handOverCoderToken(provisioner);
}, 30_000);
afterAll(async () => {
  await platform?.stop();
  await coder?.stop();
});

const statuses = (answers: readonly { readonly status: number }[], status: number) =>
  answers.filter((answer) => answer.status === status).length;
const countEvents = async (condition: string) =>
  (
    await platform.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM audit_events WHERE ${condition}`,
    )
  )[0]?.count ?? 0;

test("who proves nothing does not fill the audit, whatever is sent", async () => {
  const before = await countEvents("true");
  const answers = await Promise.all(
    Array.from({ length: 120 }, (_, index) =>
      call(provisioner, "POST", "/api/v1/keys/workspace", { bearer: `invented-${index}`, body: {} }),
    ),
  );
  expect(statuses(answers, 400)).toBeGreaterThan(0);
  expect(statuses(answers, 429)).toBeGreaterThan(60);
  expect((await countEvents("true")) - before).toBeLessThan(60);
});

test("other spellings of an agent's token are not other credentials", async () => {
  const workspace = coder.addWorkspace(coder.addUser("uma"));
  const token = "0a1b2c3d-0a1b-4c3d-8e5f-0a1b2c3d4e5f";
  const body = { workspace_id: workspace.id };
  const spellings = Array.from({ length: 90 }, (_, index) =>
    [...token].map((digit, at) => ((index >> (at % 7)) & 1 ? digit.toUpperCase() : digit)).join(""),
  );
  // Coder is away: nobody is refused for the token itself.
  coder.outage = 502;
  const answers = await Promise.all(
    [...spellings, token.replaceAll("-", ""), `{${token}}`, `urn:uuid:${token}`].map((bearer) =>
      call(provisioner, "POST", "/api/v1/keys/workspace", { bearer, body }),
    ),
  );
  coder.outage = undefined;
  expect(statuses(answers, 429)).toBeGreaterThan(20);
});

test("one key is asked for with many tokens no more often than with one", async () => {
  const user = coder.addUser("tom");
  const tokens = Array.from({ length: 90 }, (_, index) => `session-${index}`);
  const answers = [];
  for (const token of tokens) {
    user.sessionToken = token;
    answers.push(await call(provisioner, "POST", "/api/v1/keys/self-service", { bearer: token }));
  }
  expect(statuses(answers, 429)).toBeGreaterThan(5);
  expect(await countEvents("alias = 'user-tom'")).toBeLessThan(85);
});
