import { request as httpRequest } from "node:http";
import { hashKey } from "../../../../../services/gateway/identity/keys";
import { auditRow } from "../../../../support/services/audit-row";
import { callApp } from "../../../../support/services/call-app";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../../support/services/test-gateway";

describe("keys", () => {
  let gateway: TestGateway;
  beforeEach(() => {
    gateway = buildTestGateway();
  });
  afterEach(() => gateway.close());

  const call = (method: "GET" | "POST", url: string, payload?: object, key = MASTER_KEY) =>
    callApp(gateway.app, {
      method,
      url,
      headers: { authorization: `Bearer ${key}` },
      ...(payload ? { payload } : {}),
    });

  const FULL = {
    key_alias: "workspace-1",
    user_id: "ada",
    models: [MODEL],
    metadata: { scope: "workspace" },
    max_budget: 10.000000001,
    budget_duration: "30d",
    rpm_limit: 60,
    tpm_limit: 100_000,
    max_parallel_requests: 4,
  };

  describe("POST /key/generate", () => {
    test("shows the key once, keeps its hash, and echoes what was asked", async () => {
      const response = await call("POST", "/key/generate", { ...FULL, duration: "1h" });
      expect(response.statusCode).toBe(200);
      const made = response.json();
      expect(made).toMatchObject({
        ...FULL,
        spend: 0,
        blocked: false,
        token: hashKey(made.key),
        token_id: hashKey(made.key),
      });
      expect(made.key).toMatch(/^sk-[\w-]{22}$/);
      expect(made.key_name).toBe(`sk-...${made.key.slice(-4)}`);
      expect(Date.parse(made.expires) - Date.parse(made.created_at)).toBeCloseTo(3_600_000, -3);
      expect((await call("GET", "/v1/models", undefined, made.key)).json().data).toHaveLength(1);
      const info = (await call("GET", `/key/info?key=${made.key}`)).body;
      expect(info.replace(`"key":"${made.key}"`, "")).not.toContain(made.key);
      expect(gateway.log.join("")).not.toContain(made.key);
    });

    test("a body of nothing makes a key that may use all models and never expires", async () => {
      expect((await call("POST", "/key/generate", {})).json()).toMatchObject({
        models: [],
        expires: null,
        key_alias: null,
        max_budget: null,
      });
    });

    test("a second key of the same alias is refused with the words that scripts look for", async () => {
      await call("POST", "/key/generate", { key_alias: "once" });
      const response = await call("POST", "/key/generate", { key_alias: "once" });
      expect(response.statusCode).toBe(400);
      expect(response.json().error).toEqual({
        message: "Key with alias 'once' already exists.",
        type: "bad_request_error",
        param: "key_alias",
        code: "400",
      });
    });

    test("takes a key of the caller's choice, but not one that exists, nor the master key", async () => {
      const key = "sk-chosen-0123456789";
      expect((await call("POST", "/key/generate", { key })).json().key).toBe(key);
      expect((await call("POST", "/key/generate", { key })).statusCode).toBe(400);
      expect((await call("POST", "/key/generate", { key: MASTER_KEY })).statusCode).toBe(400);
    });

    test.each([
      [{ duration: "soon" }, "duration"],
      [{ duration: "0s" }, "duration"],
      [{ budget_duration: "1y" }, "budget_duration"],
      [{ max_budget: -1 }, "max_budget"],
      [{ max_budget: 1e-10 }, "max_budget"],
      [{ rpm_limit: 1.5 }, "rpm_limit"],
      [{ tpm_limit: -1 }, "tpm_limit"],
      [{ key_alias: "" }, "key_alias"],
      [{ key_alias: "a\u0000b" }, "key_alias"],
      [{ metadata: { x: "\u0000" } }, "metadata"],
      [{ metadata: { x: "y".repeat(20_000) } }, "metadata"],
      [{ models: "all" }, "models"],
      [{ key: "short" }, "key"],
      [{ max_budgt: 5 }, "max_budgt"],
    ])("refuses %j and names %s", async (payload, param) => {
      const response = await call("POST", "/key/generate", payload);
      expect(response.statusCode).toBe(400);
      expect(response.json().error).toMatchObject({ type: "invalid_request_error", param });
    });
  });

  describe("GET /key/info", () => {
    beforeEach(async () => {
      const key = await gateway.addKey("sk-own-key-00000000", { keyAlias: "own", userId: "ada" });
      await gateway.addKey("sk-other-key-000000", { keyAlias: "other" });
      await gateway.audit.open()?.commit(auditRow({ keyId: key.keyId, costNanoUsd: 1_500_000_000 }));
    });

    test.each([
      ["its text", "key=sk-own-key-00000000", "sk-own-key-00000000"],
      ["its hash", `key=${hashKey("sk-own-key-00000000")}`, hashKey("sk-own-key-00000000")],
      ["its alias", "key_alias=own", hashKey("sk-own-key-00000000")],
    ])("the master key finds a key by %s", async (_name, query, key) => {
      expect((await call("GET", `/key/info?${query}`)).json()).toMatchObject({
        key,
        info: { key_alias: "own", user_id: "ada", spend: 1.5 },
      });
    });

    test("a key reads about itself, and about no other", async () => {
      const own = "sk-own-key-00000000";
      expect((await call("GET", "/key/info", undefined, own)).json()).toMatchObject({
        key: hashKey(own),
        info: { key_alias: "own" },
      });
      expect((await call("GET", `/key/info?key=${own}`, undefined, own)).statusCode).toBe(200);
      expect((await call("GET", "/key/info?key_alias=other", undefined, own)).statusCode).toBe(403);
      expect((await call("GET", "/key/info?key_alias=nobody", undefined, own)).statusCode).toBe(403);
    });

    test.each([
      ["POST", { key: "sk-own-key-00000000" }],
      ["POST", { key_alias: "own" }],
    ] as const)("%s with a body finds a key too: %j", async (method, body) => {
      expect((await call(method, "/key/info", body)).json().info).toMatchObject({
        key_alias: "own",
        spend: 1.5,
      });
    });

    test("a GET may carry a body, which fetch cannot send", async () => {
      const url = new URL(`${await gateway.listen()}/key/info`);
      const get = (body: string, key = MASTER_KEY) =>
        new Promise<{ status: number; text: string }>((resolve, reject) => {
          const headers = { authorization: `Bearer ${key}`, "content-length": String(body.length) };
          const request = httpRequest(url, { method: "GET", headers }, async (response) => {
            let text = "";
            for await (const chunk of response) text += String(chunk);
            resolve({ status: response.statusCode ?? 0, text });
          });
          request.on("error", reject).end(body);
        });
      expect(JSON.parse((await get('{"key_alias":"own"}')).text).info.key_alias).toBe("own");
      expect((await get("{ broken")).status).toBe(400);
      expect((await get('{"other":1}')).status).toBe(400);
      expect((await get(JSON.stringify({ key: "x".repeat(300_000) }))).status).toBe(413);
      expect((await get('{"key_alias":"other"}', "sk-own-key-00000000")).status).toBe(403);
    });

    test.each(["", "?key=sk-nobody-0000000", "?key_alias=nobody"])(
      "what does not exist is 404: %s",
      async (query) => {
        expect((await call("GET", `/key/info${query}`)).json()).toMatchObject({
          error: { message: "Key not found in database", code: "404" },
        });
      },
    );
  });

  describe("POST /key/delete", () => {
    test("ends keys by text, hash and alias at once", async () => {
      const raws = ["sk-one-000000000000", "sk-two-000000000000", "sk-three-0000000000"];
      for (const [index, raw] of raws.entries()) await gateway.addKey(raw, { keyAlias: `alias-${index}` });
      const response = await call("POST", "/key/delete", {
        keys: [raws[0], hashKey(raws[1] ?? "")],
        key_aliases: ["alias-2"],
      });
      expect(response.json()).toEqual({
        deleted_keys: [hashKey(raws[0] ?? ""), hashKey(raws[1] ?? ""), "alias-2"],
      });
      for (const raw of raws) expect((await call("GET", "/v1/models", undefined, raw)).statusCode).toBe(401);
    });

    test("deletes nothing when one of them does not exist", async () => {
      await gateway.addKey("sk-one-000000000000");
      expect(
        (await call("POST", "/key/delete", { keys: ["sk-one-000000000000", "sk-nobody-0000000"] }))
          .statusCode,
      ).toBe(404);
      expect((await call("GET", "/v1/models", undefined, "sk-one-000000000000")).statusCode).toBe(200);
    });

    test.each([
      { key_alias: "a" },
      { key_aliases: "a" },
      { key_aliases: ["a"] },
      { keys: "sk-one-000000000000" },
    ])("takes one or several: %j", async (body) => {
      await gateway.addKey("sk-one-000000000000", { keyAlias: "a" });
      expect((await call("POST", "/key/delete", body)).statusCode).toBe(200);
      expect((await call("GET", "/v1/models", undefined, "sk-one-000000000000")).statusCode).toBe(401);
    });

    test("says what the store really deleted, and 404 when that is nothing", async () => {
      for (const name of ["one", "two"]) await gateway.addKey(`sk-${name}-000000000000`, { keyAlias: name });
      const { keys } = gateway;
      const remove = keys.delete.bind(keys);
      // As after a restore: the second one is in memory, but no more in the database.
      jest.spyOn(keys, "delete").mockImplementation((ids) => remove(ids.slice(0, 1)));
      const both = { keys: ["sk-one-000000000000"], key_aliases: ["two"] };
      expect((await call("POST", "/key/delete", both)).json()).toEqual({
        deleted_keys: [hashKey("sk-one-000000000000")],
      });
      jest.spyOn(keys, "delete").mockResolvedValue([]);
      expect((await call("POST", "/key/delete", { key_aliases: ["two"] })).statusCode).toBe(404);
    });

    test("needs something to delete", async () => {
      expect((await call("POST", "/key/delete", {})).statusCode).toBe(400);
    });
  });

  describe("GET /key/list", () => {
    beforeEach(async () => {
      for (let index = 0; index < 25; index += 1) {
        const userId = index % 5 === 0 ? "ada" : "bob";
        await gateway.addKey(`sk-listed-key-${String(index).padStart(6, "0")}`, {
          keyAlias: `a-${index}`,
          userId,
        });
      }
    });

    test("gives hashes in pages of ten, every key once", async () => {
      const pages = await Promise.all(
        [1, 2, 3, 4].map(async (page) => (await call("GET", `/key/list?page=${page}`)).json()),
      );
      expect(pages[0]).toMatchObject({ total_count: 25, current_page: 1, total_pages: 3 });
      expect(pages.map((page) => page.keys.length)).toEqual([10, 10, 5, 0]);
      expect(new Set(pages.flatMap((page) => page.keys)).size).toBe(25);
      expect(pages[0].keys[0]).toMatch(/^[0-9a-f]{64}$/);
    });

    test("filters, sorts, and gives whole objects", async () => {
      const query = "return_full_object=true&user_id=ada&sort_by=key_alias&sort_order=asc&size=100";
      const { keys, total_count: total } = (await call("GET", `/key/list?${query}`)).json();
      expect(total).toBe(5);
      expect(keys.map((key: { key_alias: string }) => key.key_alias)).toEqual([
        "a-0",
        "a-10",
        "a-15",
        "a-20",
        "a-5",
      ]);
      expect(keys[0]).toMatchObject({
        user_id: "ada",
        spend: 0,
        token: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      expect((await call("GET", "/key/list?key_alias=a-3")).json().total_count).toBe(1);
    });

    test.each(["size=101", "page=0", "sort_by=token", "team=x"])("refuses %s", async (query) => {
      expect((await call("GET", `/key/list?${query}`)).statusCode).toBe(400);
    });
  });

  test.each(["/key/generate", "/key/delete"])(
    "%s is closed to virtual keys, before the body is looked at, with a row",
    async (url) => {
      await gateway.addKey("sk-own-key-00000000", { metadata: { role: "admin" } });
      const response = await call("POST", url, { nonsense: true }, "sk-own-key-00000000");
      expect(response.statusCode).toBe(403);
      expect([...gateway.audit.rows.values()]).toMatchObject([
        { route: url, status: 403, errorType: "auth_error" },
      ]);
    },
  );

  test("POST /v2/key/info shows those that exist, as they were asked for", async () => {
    const first = await gateway.addKey("sk-first-key-000000", { keyAlias: "first" });
    const second = await gateway.addKey("sk-second-key-00000", { keyAlias: "second" });
    const ask = (keys: string[]) => call("POST", "/v2/key/info", { keys });
    const both = (await ask(["sk-second-key-00000", "0".repeat(64), first.keyId])).json();
    expect(both.key).toEqual([second.tokenHash, first.tokenHash]);
    expect(both.info).toMatchObject([
      { key_alias: "second" },
      { key_alias: "first", token: first.tokenHash },
    ]);
    expect(JSON.stringify(both)).not.toContain("sk-second-key-00000");
    expect((await ask(["0".repeat(64)])).statusCode).toBe(404);
    expect((await ask([])).statusCode).toBe(400);
    expect((await ask(Array.from({ length: 101 }, () => "x"))).statusCode).toBe(400);
  });

  test("GET /key/aliases, in pages and by a part of the name", async () => {
    for (const [index, keyAlias] of ["ci-b", "workspace-1", "ci-a", null].entries())
      await gateway.addKey(`sk-key-number-0000${index}`, { keyAlias });
    expect((await call("GET", "/key/aliases")).json()).toEqual({
      aliases: ["ci-a", "ci-b", "workspace-1"],
      total_count: 3,
      current_page: 1,
      total_pages: 1,
      size: 100,
    });
    expect((await call("GET", "/key/aliases?size=2&page=2")).json()).toMatchObject({
      aliases: ["workspace-1"],
    });
    expect((await call("GET", "/key/aliases?search=ci-")).json()).toMatchObject({
      aliases: ["ci-a", "ci-b"],
    });
  });
});

describe("key changes", () => {
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

    test("spend can be set, and later costs add to it", async () => {
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
});
