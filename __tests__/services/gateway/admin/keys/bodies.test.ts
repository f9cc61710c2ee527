import { callApp } from "../../../../support/services/call-app";
import {
  buildTestGateway,
  MASTER_KEY,
  PROVISIONER_TOKEN,
  type TestGateway,
} from "../../../../support/services/test-gateway";

const RAW = "sk-first-secret-0000";
const DESIGN_FIRST = { enforcement_level: "design-first", scope: "workspace:a" };
const levels = { minimumByScope: { agent: "design-first" } };
let gateway: TestGateway;

beforeEach(() => {
  gateway = buildTestGateway({ levels });
});
afterEach(() => gateway.close());

/** What a change of metadata is answered with, and the metadata after it. */
async function change(
  role: "admin" | "provisioner" | "master",
  before: object,
  settings: object,
  path: string,
) {
  const key = await gateway.addKey(RAW, {
    metadata: before as Record<string, unknown>,
    maxBudgetNanoUsd: 1e9,
  });
  const credential = role === "master" ? MASTER_KEY : await gateway.addToken(role);
  const answer = await callApp(gateway.app, {
    method: "POST",
    url: path.replace(":key", key.tokenHash),
    headers: { authorization: `Bearer ${credential}` },
    payload: { ...(path.includes(":key") ? {} : { key: RAW }), ...settings },
  });
  const info = await callApp(gateway.app, {
    method: "GET",
    url: `/key/info?key=${key.keyId}`,
    headers: { authorization: `Bearer ${MASTER_KEY}` },
  });
  return { status: answer.statusCode, body: answer.json(), metadata: info.json().info.metadata };
}

describe.each(["/key/update", "/key/regenerate", "/key/:key/regenerate"])("POST %s", (path) => {
  it.each<[string, object, object | null]>([
    ["a lower level", DESIGN_FIRST, { ...DESIGN_FIRST, enforcement_level: "standard" }],
    ["no rules", DESIGN_FIRST, { ...DESIGN_FIRST, enforcement_level: "unrestricted" }],
    ["no level", DESIGN_FIRST, { scope: "workspace:a" }],
    ["no metadata", DESIGN_FIRST, {}],
    ["metadata that are cleared", DESIGN_FIRST, null],
    ["a scope with a lower minimum", { scope: "agent:review" }, { scope: "workspace:a" }],
    ["a level in place of one that is not known", { enforcement_level: "x" }, DESIGN_FIRST],
    ["no screening", { guardrails: { screen: "mask" } }, { guardrails: { screen: "off" } }],
    ["screening that is cleared", { guardrails: { screen: "mask" } }, {}],
    ["metadata of screening that are cleared", { guardrails: { screen: "block" } }, null],
    ["masking in place of refusing", { guardrails: { screen: "block" } }, { guardrails: { screen: "mask" } }],
    [
      "fewer patterns",
      { guardrails: { screen: "mask", patterns: ["default", "email"] } },
      { guardrails: { screen: "mask", patterns: ["email"] } },
    ],
    [
      "refusing, but less of it",
      { guardrails: { screen: "mask" } },
      { guardrails: { screen: "block", patterns: ["email"] } },
    ],
    [
      "screening in place of what is not known",
      { guardrails: { screen: "x" } },
      { guardrails: { screen: "block" } },
    ],
  ])("a provisioner may not set %s", async (_name, before, metadata) => {
    const changed = await change("provisioner", before, { metadata }, path);
    expect([changed.status, changed.metadata]).toEqual([403, before]);
    expect(changed.body.error).toMatchObject({ type: "auth_error", param: "metadata" });
  });

  it.each<[string, object, object]>([
    ["a higher level", { enforcement_level: "standard" }, DESIGN_FIRST],
    ["the same level", DESIGN_FIRST, { ...DESIGN_FIRST, team: "b" }],
    [
      "a level below a minimum that holds",
      { scope: "agent" },
      { scope: "agent", enforcement_level: "standard" },
    ],
    ["screening", {}, { guardrails: { screen: "mask" } }],
    ["refusing in place of masking", { guardrails: { screen: "mask" } }, { guardrails: { screen: "block" } }],
    [
      "more patterns",
      { guardrails: { screen: "mask" } },
      { guardrails: { screen: "mask", patterns: ["default", "email"] } },
    ],
    [
      "the same screening in other words",
      { guardrails: { screen: "mask", patterns: ["email", "jwt"] } },
      { guardrails: { patterns: ["jwt", "email"], screen: "mask" } },
    ],
    ["no screening where there is none", {}, { guardrails: { screen: "off" } }],
  ])("a provisioner may set %s", async (_name, before, metadata) => {
    const changed = await change("provisioner", before, { metadata }, path);
    expect([changed.status, changed.metadata]).toEqual([200, metadata]);
  });

  it("a provisioner may change the rest", async () => {
    expect(await change("provisioner", DESIGN_FIRST, { rpm_limit: 5 }, path)).toMatchObject({
      status: 200,
      metadata: DESIGN_FIRST,
    });
  });

  it.each(["admin", "master"] as const)("%s may loosen", async (role) => {
    const metadata = { enforcement_level: "unrestricted" };
    expect(await change(role, DESIGN_FIRST, { metadata }, path)).toMatchObject({ status: 200, metadata });
  });
});

describe("keys of the role provisioner have a budget", () => {
  const call = async (url: string, payload: object, credential = PROVISIONER_TOKEN) => {
    const headers = { authorization: `Bearer ${credential}` };
    const answer = await callApp(gateway.app, { method: "POST", url, headers, payload });
    return { status: answer.statusCode, param: answer.json().error?.param };
  };
  const REFUSED = { status: 403, param: "max_budget" };

  test("it makes none without", async () => {
    await call("/budget/new", { budget_id: "open" }, MASTER_KEY);
    await call("/budget/new", { budget_id: "ten", max_budget: 10 }, MASTER_KEY);
    expect(await call("/key/generate", {})).toEqual(REFUSED);
    expect(await call("/key/generate", { max_budget: null })).toEqual(REFUSED);
    expect(await call("/key/generate", { budget_id: "open" })).toEqual(REFUSED);
    expect(await call("/key/generate", { max_budget: 0 })).toMatchObject({ status: 200 });
    expect(await call("/key/generate", { budget_id: "ten" })).toMatchObject({ status: 200 });
    expect(await call("/key/generate", {}, await gateway.addToken("admin"))).toMatchObject({ status: 200 });
  });

  test("it takes none away, by whatever call", async () => {
    await gateway.addKey(RAW, { maxBudgetNanoUsd: 1e9, keyAlias: "a" });
    for (const url of ["/key/update", "/key/regenerate"]) {
      expect(await call(url, { key: RAW, max_budget: null })).toEqual(REFUSED);
    }
    expect(await call("/key/update", { key: RAW, max_budget: 5 })).toMatchObject({ status: 200 });
    expect(await call("/key/update", { key: RAW, max_budget: null }, MASTER_KEY)).toMatchObject({
      status: 200,
    });
    // One that an administrator left without is none of its own making, and it may go on changing it.
    expect(await call("/key/update", { key: RAW, rpm_limit: 5 })).toMatchObject({ status: 200 });
  });

  test("it gets the secret of no key that spends without end", async () => {
    await gateway.addKey(RAW, { keyAlias: "a" });
    expect(await call("/key/regenerate", { key: RAW })).toEqual(REFUSED);
    expect(await call(`/key/${RAW}/regenerate`, {})).toEqual(REFUSED);
    expect(await call("/key/regenerate", { key: RAW, max_budget: 5 })).toMatchObject({ status: 200 });
  });
});
