import { hashKey } from "../../../../services/gateway/key-token";
import { auditRow } from "../../../support/services/audit-row";
import { callApp } from "../../../support/services/call-app";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

const RAW = "sk-first-secret-0000";
let gateway: TestGateway;
let keyId: string;
beforeEach(async () => {
  gateway = buildTestGateway();
  const key = await gateway.addKey(RAW, {
    keyAlias: "agent-review",
    userId: "ada",
    models: [MODEL],
    metadata: { scope: "agent:review" },
    maxBudgetNanoUsd: 15_000_000_000,
    expiresAt: new Date("2035-01-01T00:00:00Z"),
  });
  keyId = key.keyId;
  await gateway.audit.open()?.commit(auditRow({ keyId, costNanoUsd: 2_000_000_000 }));
});
afterEach(() => gateway.close());

const call = (method: "GET" | "POST", url: string, payload?: object, key = MASTER_KEY) =>
  callApp(gateway.app, {
    method,
    url,
    headers: { authorization: `Bearer ${key}` },
    ...(payload ? { payload } : {}),
  });
const standing = async (raw: string) => (await call("GET", "/v1/models", undefined, raw)).statusCode;

describe("POST /key/update", () => {
  test.each([
    ["the key", { key: RAW }],
    ["its hash", { key: hashKey(RAW) }],
    ["its alias", { key_alias: "agent-review" }],
  ])("finds the key by %s, changes what is given and nothing else", async (_name, reference) => {
    const response = await call("POST", "/key/update", { ...reference, max_budget: 20, rpm_limit: 5 });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      key_id: keyId,
      key_alias: "agent-review",
      max_budget: 20,
      rpm_limit: 5,
      models: [MODEL],
      metadata: { scope: "agent:review" },
      spend: 2,
      updated_by: "default_user_id",
    });
  });

  test("metadata takes the place of the former, null clears, -1 is for ever, the alias may change", async () => {
    const changes = {
      metadata: { level: 1 },
      max_budget: null,
      models: null,
      duration: "-1",
      key_alias: "new",
    };
    expect((await call("POST", "/key/update", { key: RAW, ...changes })).json()).toMatchObject({
      metadata: { level: 1 },
      max_budget: null,
      models: [],
      expires: null,
      key_alias: "new",
    });
    expect((await call("GET", "/key/info?key_alias=agent-review")).statusCode).toBe(404);
  });

  test("spend can be set, and goes on from there", async () => {
    await call("POST", "/key/update", { key: RAW, max_budget: null });
    expect((await call("POST", "/key/update", { key: RAW, spend: 0 })).json().spend).toBe(0);
    await gateway.audit.open()?.commit(auditRow({ keyId, costNanoUsd: 500_000_000 }));
    expect((await call("GET", `/key/info?key=${RAW}`)).json().info.spend).toBe(0.5);
  });

  test("an alias that is in use is refused, what does not exist is 404, nothing is 400", async () => {
    await gateway.addKey("sk-second-secret-000", { keyAlias: "taken" });
    const taken = await call("POST", "/key/update", { key: RAW, key_alias: "taken" });
    expect(taken.json().error.message).toContain("already exists");
    expect((await call("POST", "/key/update", { key: "sk-nobody-0000000" })).statusCode).toBe(404);
    expect((await call("POST", "/key/update", { max_budget: 1 })).statusCode).toBe(400);
    expect((await call("POST", "/key/update", { key: RAW, budget_id: "none" })).statusCode).toBe(404);
  });
});

test("block and unblock", async () => {
  const blocked = await call("POST", "/key/block", { key: RAW });
  expect(blocked.json()).toMatchObject({ token: hashKey(RAW), blocked: true, key_alias: "agent-review" });
  expect(await standing(RAW)).toBe(401);
  expect((await call("POST", "/key/unblock", { key_alias: "agent-review" })).json().blocked).toBe(false);
  expect(await standing(RAW)).toBe(200);
  expect((await call("POST", "/key/block", { key: "sk-nobody-0000000" })).statusCode).toBe(404);
});

describe("regenerate", () => {
  test.each([
    ["/key/regenerate", { key: RAW }],
    ["/key/regenerate", { key_alias: "agent-review" }],
    [`/key/${RAW}/regenerate`, undefined],
    [`/key/${hashKey(RAW)}/regenerate`, {}],
  ])("%s %j keeps id, alias, settings and spend; the old secret ends at once", async (url, body) => {
    const response = await call("POST", url, body);
    expect(response.statusCode).toBe(200);
    const made = response.json();
    expect(made).toMatchObject({
      key_id: keyId,
      key_alias: "agent-review",
      metadata: { scope: "agent:review" },
      max_budget: 15,
      spend: 2,
      token: hashKey(made.key),
    });
    expect(made.key).not.toBe(RAW);
    expect(await standing(made.key)).toBe(200);
    expect(await standing(RAW)).toBe(401);
    expect(gateway.log.join("")).not.toContain(made.key);
  });

  test("with a grace period both secrets work, and the old one ends with it", async () => {
    const now = Date.now();
    gateway.clock.now = () => now;
    const made = (await call("POST", "/key/regenerate", { key: RAW, grace_period: "1h" })).json();
    expect([await standing(RAW), await standing(made.key)]).toEqual([200, 200]);
    gateway.clock.now = () => now + 3_600_000;
    expect([await standing(RAW), await standing(made.key)]).toEqual([401, 200]);
  });

  test("deleting or blocking ends the old secret within its grace too", async () => {
    await call("POST", "/key/regenerate", { key: RAW, grace_period: "1h" });
    await call("POST", "/key/delete", { key_alias: "agent-review" });
    expect(await standing(RAW)).toBe(401);
  });

  test("takes a secret of the caller's choice, but never one that was used", async () => {
    const chosen = { key: RAW, new_key: "sk-chosen-0123456789", max_budget: 30 };
    expect((await call("POST", "/key/regenerate", chosen)).json()).toMatchObject({
      key: "sk-chosen-0123456789",
      max_budget: 30,
    });
    const back = { key: "sk-chosen-0123456789", new_key: RAW };
    expect((await call("POST", "/key/regenerate", back)).statusCode).toBe(400);
    expect((await call("POST", "/key/generate", { key: RAW })).statusCode).toBe(400);
    expect((await call("POST", "/key/regenerate", { ...back, new_key: MASTER_KEY })).statusCode).toBe(400);
  });
});
