import { requestKey } from "../../../../services/workspace/startup/workspace-key";
import { PlatformStandIn } from "../../../support/workspace/platform-stand-in";

const QUICK = { attemptMs: 300, totalMs: 1500, pausesMs: [10, 20] };

let platform: PlatformStandIn;
let said: string[];
beforeEach(async () => {
  platform = await PlatformStandIn.start();
  said = [];
});
afterEach(() => platform.stop());

const request = (agentToken: string | undefined = "agent-token", policy = QUICK) =>
  requestKey(
    { keyProvisionerUrl: platform.url, agentToken, workspaceId: "id" },
    (text) => said.push(text),
    policy,
  );
const attempts = () => platform.requestsTo("/api/v1/keys/workspace").length;

describe("the key of a workspace", () => {
  it.each([
    [201, false],
    [200, true],
  ])("comes with status %s", async (status, reused) => {
    platform.keyAnswers = [
      { status, body: { key: "sk-1", reused, level: "standard", budget_usd: 10, budget_period: "1d" } },
    ];
    expect(await request()).toEqual({ key: "sk-1", reused, level: "standard", budget: "$10 a day" });
    expect(platform.received).toEqual([
      {
        method: "POST",
        path: "/api/v1/keys/workspace",
        authorization: "Bearer agent-token",
        body: '{"workspace_id":"id"}',
      },
    ]);
  });

  it.each([500, 502, 503, 429, 408])("is asked for again after %s", async (status) => {
    platform.keyAnswers = [
      { status, body: { error: { message: "not now" } } },
      { status: 201, body: { key: "sk-2" } },
    ];
    expect((await request()).key).toBe("sk-2");
    expect(said).toEqual([`attempt 1: it answered ${status} (not now); again in 0.01 s`]);
  });

  it.each([400, 401, 403, 404, 409])("is refused for good with %s", async (status) => {
    platform.keyAnswers = [{ status, body: { error: "no\nsuch workspace" } }];
    await expect(request()).rejects.toThrow(
      `the key-provisioner refused a key: ${status} (no such workspace)`,
    );
    expect(attempts()).toBe(1);
  });

  it("is given up after the total time, and each attempt after its own", async () => {
    platform.isHanging = true;
    const begin = Date.now();
    await expect(request()).rejects.toThrow(/gave no key in \d attempts: no answer in time/);
    expect(Date.now() - begin).toBeLessThan(2500);
    expect(attempts()).toBeGreaterThan(2);
  });

  it("is asked for again where nobody listens", async () => {
    const { port } = platform;
    await platform.stop();
    const asked = requestKey(
      { keyProvisionerUrl: `http://127.0.0.1:${port}`, agentToken: "t", workspaceId: "id" },
      (text) => said.push(text),
      QUICK,
    );
    await expect(asked).rejects.toThrow("ECONNREFUSED");
    expect(said.length).toBeGreaterThan(1);
    platform = await PlatformStandIn.start();
  });

  it.each([[{}], [{ key: "" }], [{ key: "two words" }], [["sk-1"]]])(
    "is not taken from an answer such as %j",
    async (body) => {
      platform.keyAnswers = [{ status: 200, body }];
      await expect(request()).rejects.toThrow("answered 200 without a key");
    },
  );

  it("is not taken from an answer without end", async () => {
    platform.keyAnswers = [{ status: 200, body: { key: "sk-1", more: "x".repeat(100_000) } }];
    await expect(request()).rejects.toThrow("more than 65536 bytes");
  });

  it("cannot be asked for without the agent's token", async () => {
    const asked = requestKey(
      { keyProvisionerUrl: platform.url, agentToken: undefined, workspaceId: "id" },
      () => {},
      QUICK,
    );
    await expect(asked).rejects.toThrow("CODER_AGENT_TOKEN is not set");
    expect(attempts()).toBe(0);
  });
});
