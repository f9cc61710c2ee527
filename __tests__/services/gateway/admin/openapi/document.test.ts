import { ANSWERS, bodyOf } from "../../../../../services/gateway/admin/openapi/document";
import { ROUTE_ACCESS } from "../../../../../services/gateway/http/access";
import { auditRow } from "../../../../support/services/audit-row";
import { callApp } from "../../../../support/services/call-app";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../../support/services/test-gateway";

describe("document", () => {
  let gateway: TestGateway;
  // biome-ignore lint/suspicious/noExplicitAny: a document is read by its paths
  let document: any;
  beforeAll(async () => {
    gateway = buildTestGateway();
    document = (await callApp(gateway.app, { url: "/openapi.json" })).json();
  });
  afterAll(() => gateway.close());

  test.each(Object.keys(ROUTE_ACCESS))("%s is described", (route) => {
    const [method = "", url = ""] = route.split(" ");
    const operation = document.paths[url.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
    expect(operation.summary).not.toBe("");
    expect(operation.security).toEqual(ROUTE_ACCESS[route]?.roles === "public" ? [] : [{ key: [] }]);
    const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const documented = (operation.parameters ?? []).filter((one: { in: string }) => one.in === "path");
    expect(documented.map((one: { name: string }) => one.name)).toEqual(inPath);
    if (method === "POST") expect(operation.requestBody.content["application/json"].schema).toBeDefined();
  });

  test("operation ids are unique, references lead somewhere", () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path as object));
    const ids = operations.map((operation) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path = ""]) => path,
    );
    expect(references.length).toBeGreaterThan(1);
    for (const path of new Set(references)) {
      expect(path.split("/").reduce((node, step) => node?.[step], document)).toBeDefined();
    }
  });

  test("says what a client may send: USD, not what is stored, and no other field", () => {
    const schema = document.paths["/key/generate"].post.requestBody.content["application/json"].schema;
    expect(schema.additionalProperties).toBe(false);
    expect(JSON.stringify(schema.properties.max_budget)).toContain("number");
    const query = document.paths["/key/list"].get.parameters;
    expect(query).toContainEqual(expect.objectContaining({ name: "size", in: "query", required: false }));
  });
});

describe("answer of", () => {
  /** Routes whose answers have their providers' shapes, or are no JSON. */
  const NOT_DESCRIBED =
    /^POST \/(v1\/)?(chat|messages|responses)|^POST \/(v1\/)?engines|^GET \/(metrics|openapi)/;

  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = buildTestGateway();
    await gateway.namedBudgets.create("team", "tests", { maxBudgetNanoUsd: 5e9 });
    const key = await gateway.addKey("sk-standing-key-0000", {
      keyAlias: "ada",
      userId: "ada",
      maxBudgetNanoUsd: 1e9,
      metadata: { a: { b: [1] } },
      expiresAt: new Date("2099-01-01T00:00:00Z"),
    });
    const rows = [
      auditRow({ keyId: key.keyId, keyHash: key.tokenHash, startedAt: new Date() }),
      auditRow({
        keyId: null,
        keyHash: null,
        keyAlias: null,
        userId: null,
        costNanoUsd: null,
        ttftMs: null,
        status: 503,
        errorType: "overloaded_error",
        startedAt: new Date(),
      }),
    ];
    for (const row of rows) await gateway.audit.open()?.commit(row);
  });
  afterAll(() => gateway.close());

  const today = () => new Date().toISOString().slice(0, 10);

  /** A call of each route, in this order: later ones use what earlier ones made. */
  const CALLS: readonly (readonly [route: string, url?: () => string, body?: object])[] = [
    [
      "POST /key/generate",
      undefined,
      { key: "sk-made-key-000000", key_alias: "made", duration: "1h", max_budget: 0.5 },
    ],
    ["POST /key/update", undefined, { key_alias: "made", rpm_limit: 5, metadata: { scope: "ci:x" } }],
    ["POST /key/block", undefined, { key_alias: "made" }],
    ["POST /key/unblock", undefined, { key_alias: "made" }],
    ["POST /key/regenerate", undefined, { key_alias: "made", grace_period: "1h" }],
    ["POST /key/:key/regenerate", () => "/key/sk-standing-key-0000/regenerate"],
    ["GET /key/info", () => "/key/info?key_alias=made"],
    ["POST /key/info", undefined, { key_alias: "ada" }],
    ["POST /v2/key/info", undefined, { keys: ["sk-standing-key-0000", "sk-made-key-000000"] }],
    ["GET /key/list"],
    ["GET /key/list", () => "/key/list?return_full_object=true"],
    ["GET /key/aliases"],
    ["POST /key/delete", undefined, { key_alias: "made" }],
    [
      "POST /user/new",
      undefined,
      { user_id: "eve", user_email: "eve@example.org", max_budget: 3, budget_id: "team" },
    ],
    ["POST /user/new", undefined, { user_id: "bob", auto_create_key: false }],
    ["GET /user/info", () => "/user/info?user_id=ada"],
    ["POST /user/update", undefined, { user_id: "ada", max_budget: 4, spend: 0 }],
    ["GET /user/info", () => "/user/info?user_id=ada"],
    ["GET /user/info"],
    ["GET /user/list"],
    ["POST /user/delete", undefined, { user_ids: ["eve"] }],
    [
      "POST /budget/new",
      undefined,
      { budget_id: "new", max_budget: 1, soft_budget: 0.5, budget_duration: "1d" },
    ],
    ["POST /budget/update", undefined, { budget_id: "new", tpm_limit: 7 }],
    ["POST /budget/update", undefined, { user_id: "ada", max_budget: 6 }],
    ["POST /budget/info", undefined, { budgets: ["new"] }],
    ["GET /budget/list"],
    ["POST /budget/delete", undefined, { id: "new" }],
    ["GET /spend/logs"],
    ["GET /spend/logs", () => `/spend/logs?start_date=${today()}&end_date=${today()}`],
    ["GET /global/spend"],
    ["GET /global/spend/report", () => "/global/spend/report?group_by=key"],
    ["GET /global/spend/report", () => "/global/spend/report?group_by=user"],
    ["GET /global/spend/report", () => "/global/spend/report?group_by=model"],
    ["GET /global/spend/report", () => "/global/spend/report?group_by=day"],
    ["GET /v1/models"],
    ["GET /models"],
    ["GET /v1/models/:id", () => `/v1/models/${MODEL}`],
    ["GET /models/:id", () => `/models/${MODEL}`],
    ["GET /model/info"],
    ["GET /v1/model/info"],
    ["POST /admin/token/new", undefined, { name: "ci", role: "auditor", duration: "1d" }],
    ["GET /admin/token/list"],
    ["POST /admin/token/delete", undefined, { name: "ci" }],
    ["GET /health"],
    ["GET /get/config/callbacks"],
    ["GET /health/readiness"],
    ["GET /health/liveliness"],
    ["GET /health/liveness"],
  ];

  test("every route but those of models has an answer, and every answer is called", () => {
    const described = Object.keys(ROUTE_ACCESS).filter((route) => !NOT_DESCRIBED.test(route));
    expect(Object.keys(ANSWERS).sort()).toEqual(described.sort());
    expect([...new Set(CALLS.map(([route]) => route))].sort()).toEqual(described.sort());
  });

  const EACH = CALLS.map(([route, url, payload]) => ({ route, url, payload }));

  test.each(EACH)("$route answers as it is described", async ({ route, url, payload }) => {
    const [method = "", pattern = ""] = route.split(" ");
    const headers = { authorization: `Bearer ${MASTER_KEY}` };
    const request = {
      method,
      url: url?.() ?? pattern,
      headers,
      ...(payload === undefined ? {} : { payload }),
    };
    const answer = await callApp(gateway.app, request);
    expect([answer.statusCode, answer.statusCode === 200 ? "" : answer.body]).toEqual([200, ""]);
    const result = ANSWERS[route]?.safeParse(answer.json());
    expect(result?.error?.issues).toBeUndefined();
  });

  test("the document shows answers, with the fields that they always have", async () => {
    const { paths } = (await callApp(gateway.app, { url: "/openapi.json" })).json();
    const { schema } = paths["/global/spend"].get.responses["200"].content["application/json"];
    expect(schema).toEqual({
      type: "object",
      properties: {
        spend: { type: "number", description: expect.any(String) },
        max_budget: { anyOf: [{ type: "number", description: expect.any(String) }, { type: "null" }] },
      },
      required: ["spend", "max_budget"],
      additionalProperties: false,
    });
  });
});

describe("body of", () => {
  const messages = [{ role: "user", content: "hi" }];

  test.each([
    ["/v1/chat/completions", { model: "m", messages, frobnicate: 1 }, { model: "m", messages: [] }],
    ["/messages", { model: "m", max_tokens: 1, messages, stream: true }, { model: "m", messages }],
    ["/v1/messages/count_tokens", { model: "m", messages }, { messages }],
    ["/responses", { model: "m", input: "hi" }, { model: "m" }],
  ])("POST %s", (url, good, bad) => {
    expect(bodyOf("POST", url)?.safeParse(good).success).toBe(true);
    expect(bodyOf("POST", url)?.safeParse(bad).success).toBe(false);
  });

  test.each([
    ["GET", "/v1/messages"],
    ["POST", "/key/generate"],
  ])("none is known for %s %s", (method, url) => {
    expect(bodyOf(method, url)).toBeUndefined();
  });
});
