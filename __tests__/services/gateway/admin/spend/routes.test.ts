import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { writeJsonArray } from "../../../../../services/gateway/admin/spend/routes";
import { hashKey } from "../../../../../services/gateway/identity/keys";
import { ReportTooSlowError } from "../../../../../services/gateway/store/spend-reader";
import { auditRow } from "../../../../support/services/audit-row";
import { callApp } from "../../../../support/services/call-app";
import { eventually } from "../../../../support/services/eventually";
import { buildTestGateway, MASTER_KEY, type TestGateway } from "../../../../support/services/test-gateway";
import { MemorySpendStore } from "../../../../support/stores/spend-store";

describe("spend", () => {
  const RAW = "sk-spending-key-000";
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = buildTestGateway();
    gateway.clock.now = () => Date.parse("2026-03-10T12:00:00Z");
    const { keyId } = await gateway.addKey(RAW, { keyAlias: "ci", userId: "ada" });
    const own = { keyId, keyHash: hashKey(RAW), keyAlias: "ci", userId: "ada" };
    const other = { keyHash: "b".repeat(64), userId: "bob" };
    for (const row of [
      { ...own, startedAt: new Date("2026-03-08T23:59:59.999Z"), costNanoUsd: 1e9 },
      {
        ...own,
        startedAt: new Date("2026-03-09T00:00:00Z"),
        costNanoUsd: 2e9,
        modelRequested: "claude-haiku-4-5",
      },
      { ...other, startedAt: new Date("2026-03-09T10:00:00Z"), costNanoUsd: 4e9 },
      { ...other, startedAt: new Date("2026-01-01T10:00:00Z"), costNanoUsd: 8e9 },
      { ...other, startedAt: new Date("2026-03-09T11:00:00Z"), costNanoUsd: null, status: 500 },
      { startedAt: new Date("2024-03-09T12:00:00Z"), modelRequested: null, route: "/key/generate" },
    ]) {
      await gateway.audit.open()?.commit(auditRow(row));
    }
  });
  afterAll(() => gateway.close());

  const get = (url: string) =>
    callApp(gateway.app, { url, headers: { authorization: `Bearer ${MASTER_KEY}` } });

  describe("GET /spend/logs", () => {
    test.each([
      ["", [null, 4, 2, 1, 8]],
      [`?api_key=${RAW}`, [2, 1]],
      [`?api_key=${hashKey(RAW)}`, [2, 1]],
      ["?api_key=ci", [2, 1]],
      [`?api_key=${"b".repeat(64)}`, [null, 4, 8]],
      ["?user_id=bob&page_size=1&page=2", [4]],
      ["?start_date=2026-03-09&end_date=2026-03-09&summarize=false", [null, 4, 2]],
      ["?start_date=2026-03-09", [null, 4, 2]],
    ])("%s gives requests, newest first", async (query, spends) => {
      const rows = (await get(`/spend/logs${query}`)).json();
      expect(rows.map((row: { spend: number | null }) => row.spend)).toEqual(spends);
    });

    test("one request by its id, with what it used and nothing of its content", async () => {
      const [first] = (await get(`/spend/logs?api_key=${RAW}`)).json();
      expect((await get(`/spend/logs?request_id=${first.request_id}`)).json()).toEqual([first]);
      expect(first).toMatchObject({
        api_key: hashKey(RAW),
        key_alias: "ci",
        user: "ada",
        prompt_tokens: 17,
        completion_tokens: 7,
        total_tokens: 24,
        model_group: "claude-haiku-4-5",
        status: "success",
        startTime: "2026-03-09T00:00:00.000Z",
      });
    });

    test("a request says who, from where and under which rules, and what its tokens were for", async () => {
      const startedAt = new Date("2024-03-09T12:00:00Z");
      const row = auditRow({ startedAt, errorType: "overloaded_error", status: 503, attempts: 2 });
      await gateway.audit.open()?.commit(row);
      expect((await get(`/spend/logs?request_id=${row.requestId}`)).json()).toEqual([
        {
          request_id: row.requestId,
          call_type: "/v1/chat/completions",
          api_key: "a".repeat(64),
          key_id: row.keyId,
          key_alias: "workspace-1",
          user: "ada",
          end_user: null,
          workspace: "w-1",
          scope: "workspace:w-1",
          client: "tests",
          session_id: "session-1",
          enforcement_level: "standard",
          prompt_hash: "b".repeat(64),
          spend: 0.00014745,
          total_tokens: 24,
          prompt_tokens: 17,
          completion_tokens: 7,
          cache_read_input_tokens: 4,
          cache_creation_input_tokens: 3,
          cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 1 },
          reasoning_tokens: 2,
          web_search_requests: 1,
          is_usage_estimated: false,
          startTime: "2024-03-09T12:00:00.000Z",
          completionStartTime: "2024-03-09T12:00:00.005Z",
          endTime: "2024-03-09T12:00:00.012Z",
          model: "claude-sonnet-4-5-20250929",
          model_group: "claude-sonnet-4-5",
          model_id: "claude-sonnet-4-5/0",
          attempts: 2,
          repeats: 0,
          error_type: "overloaded_error",
          status: "failure",
          status_code: 503,
        },
      ]);
    });

    test("with both dates it sums up days", async () => {
      expect((await get("/spend/logs?start_date=2026-03-08&end_date=2026-03-09")).json()).toEqual([
        {
          startTime: "2026-03-08",
          spend: 1,
          users: { ada: 1 },
          models: { "claude-sonnet-4-5": 1 },
          [hashKey(RAW)]: 1,
        },
        {
          startTime: "2026-03-09",
          spend: 6,
          users: { ada: 2, bob: 4 },
          models: { "claude-sonnet-4-5": 4, "claude-haiku-4-5": 2 },
          [hashKey(RAW)]: 2,
          ["b".repeat(64)]: 4,
        },
      ]);
    });

    test("pages follow each other by x-next-cursor, which the last one lacks", async () => {
      const all = (await get("/spend/logs?user_id=bob")).json();
      const first = await get("/spend/logs?user_id=bob&page_size=2");
      expect(first.json()).toEqual(all.slice(0, 2));
      const cursor = String(first.headers["x-next-cursor"]);
      const second = await get(`/spend/logs?user_id=bob&page_size=2&cursor=${cursor}`);
      expect(second.json()).toEqual(all.slice(2));
      expect(second.headers["x-next-cursor"]).toBeUndefined();
      const dates = "start_date=2026-01-01&end_date=2026-03-09";
      const dated = await get(`/spend/logs?user_id=bob&cursor=${cursor}&${dates}`);
      expect(dated.json()).toEqual(all.slice(2));
      for (const query of ["cursor=x", `cursor=${cursor}&page=2`, `cursor=${cursor}&summarize=true&${dates}`])
        expect((await get(`/spend/logs?${query}`)).statusCode).toBe(400);
    });

    test.each([
      "start_date=2026-02-30",
      "start_date=09.03.2026",
      "start_date=2026-03-09&end_date=2026-03-08",
      "start_date=2024-01-01&end_date=2026-01-01",
      "request_id=1",
      "page_size=1001",
      "user=ada",
    ])("refuses %s", async (query) => {
      expect((await get(`/spend/logs?${query}`)).statusCode).toBe(400);
    });
  });

  test("GET /global/spend counts the last 30 days", async () => {
    expect((await get("/global/spend")).json()).toEqual({ spend: 7, max_budget: null });
  });

  test.each([
    [
      "key",
      [
        { api_key: "b".repeat(64), spend: 4, requests: 2 },
        { api_key: hashKey(RAW), key_alias: "ci", spend: 3 },
      ],
    ],
    [
      "user",
      [
        { user_id: "bob", spend: 4 },
        { user_id: "ada", spend: 3 },
      ],
    ],
    [
      "model",
      [
        { model: "claude-sonnet-4-5", spend: 5 },
        { model: "claude-haiku-4-5", spend: 2 },
      ],
    ],
    [
      "day",
      [
        { day: "2026-03-08", spend: 1 },
        { day: "2026-03-09", spend: 6 },
      ],
    ],
  ])("GET /global/spend/report by %s", async (dimension, groups) => {
    expect((await get(`/global/spend/report?group_by=${dimension}`)).json()).toMatchObject(groups);
  });

  test("a summary of days on which nothing was spent is an empty list", async () => {
    const answer = await get("/spend/logs?start_date=2020-03-08&end_date=2020-03-09");
    expect([answer.headers["content-type"], answer.json()]).toEqual(["application/json; charset=utf-8", []]);
  });

  test("a report holds as many groups as asked for, and says what it leaves off", async () => {
    const short = await get("/global/spend/report?group_by=user&limit=1");
    expect(short.json()).toHaveLength(1);
    expect(short.headers).toMatchObject({
      "x-gateway-groups-left-off": "1",
      "x-gateway-spend-left-off": "3",
    });
    expect((await get("/global/spend/report?group_by=user")).headers).not.toHaveProperty(
      "x-gateway-groups-left-off",
    );
    expect((await get("/global/spend/report?group_by=team")).statusCode).toBe(400);
  });

  describe("reports that wait for their turn", () => {
    afterEach(() => jest.restoreAllMocks());

    test("a dozen at once are all answered, one at a time; more than one caller may have are refused with 429", async () => {
      let [running, most] = [0, 0];
      const waiting: (() => void)[] = [];
      jest.spyOn(MemorySpendStore.prototype, "total").mockImplementation(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => waiting.push(resolve));
        running -= 1;
        return 0;
      });
      let answered = 0;
      const answers = Array.from({ length: 24 }, () =>
        get("/global/spend").finally(() => {
          answered += 1;
        }),
      );
      const refused = await Promise.race(answers);
      expect(refused.statusCode).toBe(429);
      await eventually(() => answered === 7);
      expect(refused.json().error.code).toBe("too_many_reports");
      expect(refused.headers["retry-after"]).toBe("2");
      const timer = setInterval(() => waiting.shift()?.(), 1);
      const statuses = (await Promise.all(answers)).map((answer) => answer.statusCode);
      clearInterval(timer);
      expect(statuses.filter((status) => status === 200)).toHaveLength(17);
      expect(most).toBe(1);
    });

    test("one that takes too long says so, and not that the database is away", async () => {
      jest.spyOn(MemorySpendStore.prototype, "total").mockRejectedValue(new ReportTooSlowError("late"));
      const answer = await get("/global/spend");
      expect([answer.statusCode, answer.json().error.code]).toEqual([503, "report_timeout"]);
    });
  });
});

describe("write json array", () => {
  async function* parts(...all: (readonly number[] | Error)[]) {
    for (const part of all) {
      if (part instanceof Error) throw part;
      yield part;
    }
  }
  const write = async (...all: Parameters<typeof parts>) =>
    text(Readable.from(await writeJsonArray(parts(...all), (part) => part)));

  test.each([
    [[], "[]"],
    [[[]], "[]"],
    [[[1], [], [2, 3]], "[1,2,3]"],
  ])("parts %j are one array", async (all, json) => {
    await expect(write(...all)).resolves.toBe(json);
  });

  test("what fails at once is no answer, what fails later breaks it off", async () => {
    const failure = new Error("away");
    await expect(writeJsonArray(parts(failure), (part) => part)).rejects.toBe(failure);
    await expect(write([1], failure)).rejects.toBe(failure);
  });

  test("nothing more is read once the reader has left", async () => {
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield [1];
      } finally {
        ended = true;
      }
    }
    for await (const _ of await writeJsonArray(endless(), (part) => part)) break;
    expect(ended).toBe(true);
  });
});
