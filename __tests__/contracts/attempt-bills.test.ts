import http from "node:http";
import {
  type BillDraw,
  BillingProvider,
  type BillPrices,
  drawBill,
} from "../support/services/billing-provider";
import { eventually } from "../support/services/eventually";
import { GatewayProcesses, makeKey } from "../support/services/gateway-processes";
import { Random } from "../support/services/random";
import { RECALL_LEASES } from "../support/services/recall-leases";
import type { ServiceProcess } from "../support/services/service-process";

/**
 * Whatever providers do, what they really bill for the requests of a key stays within its budget, and no request that is billed
 * is free: its row costs at least as much. A real gateway on a real Postgres; bills are drawn at random, the same for the same
 * seed. `BILL_ROUNDS`, `BILL_REQUESTS` and `BILL_SEED` make it longer, or another one; in more than two rounds providers stall, too,
 * and the gateway has to wait for them.
 */
const ROUNDS = Number(process.env["BILL_ROUNDS"] ?? 2);
const REQUESTS = Number(process.env["BILL_REQUESTS"] ?? 80);
const SEED = Number(process.env["BILL_SEED"] ?? 1);
const NANO_PER_USD = 1e9;
const MODEL = "claude-sonnet-4-5";
const DATABASE = "attempt_bills";

/** In pico-USD a token. */
const PLACES: Readonly<Record<string, BillPrices>> = {
  cheap: {
    input: 3_000_000,
    output: 15_000_000,
    cacheRead: 300_000,
    cacheWrite: 3_750_000,
    cacheWrite1h: 6_000_000,
  },
  dear: {
    input: 6_000_000,
    output: 30_000_000,
    cacheRead: 600_000,
    cacheWrite: 7_500_000,
    cacheWrite1h: 12_000_000,
  },
  bedrock: {
    input: 3_300_000,
    output: 16_500_000,
    cacheRead: 330_000,
    cacheWrite: 4_125_000,
    cacheWrite1h: 6_600_000,
  },
};

let processes: GatewayProcesses;
let provider: BillingProvider;
let gateway: ServiceProcess;
/** Request → what becomes of its messages. */
const draws = new Map<string, readonly BillDraw[]>();
/** What the rounds were about: without these they would prove nothing. */
const seen = { billed: 0, failedOver: 0, left: 0, refused: 0 };

beforeAll(async () => {
  provider = await BillingProvider.start({
    places: PLACES,
    draw: (id, attempt) => draws.get(id)?.[attempt - 1] as BillDraw,
  });
  processes = await GatewayProcesses.start({
    upstreamUrl: provider.url,
    config: configOf(provider.url),
    env: {
      AWS_BEARER_TOKEN_BEDROCK: "credential",
      AWS_REGION: "us-east-1",
      UPSTREAM_FIRST_BYTE_TIMEOUT_SECONDS: "2",
      UPSTREAM_IDLE_TIMEOUT_SECONDS: "2",
      LOG_LEVEL: "error",
    },
  });
  await processes.useDatabase(DATABASE);
  gateway = await processes.startGateway();
}, 60_000);
afterAll(() => Promise.all([processes?.stop(), provider?.stop()]));

/** Groups of one and of several, whose deployments allow answers of different lengths. */
function configOf(url: string): string {
  const deployment = (group: string, place: string, maxOutput: number) => {
    const prices = PLACES[place] as BillPrices;
    const usd = (price: number) => price / 1e12;
    const model =
      place === "bedrock"
        ? "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
        : `anthropic/${MODEL}-20250929`;
    const key = place === "bedrock" ? "" : ", api_key: os.environ/ANTHROPIC_API_KEY";
    return [
      `  - model_name: ${group}`,
      `    litellm_params: { model: "${model}", api_base: ${url}/${place}${key} }`,
      `    model_info: { input_cost_per_token: ${usd(prices.input)}, output_cost_per_token: ${usd(prices.output)}, cache_read_input_token_cost: ${usd(prices.cacheRead)}, cache_creation_input_token_cost: ${usd(prices.cacheWrite)}, cache_creation_input_token_cost_above_1hr: ${usd(prices.cacheWrite1h)}, max_output_tokens: ${maxOutput} }`,
    ].join("\n");
  };
  return `
model_list:
${deployment("one", "cheap", 2000)}
${deployment("of-bedrock", "bedrock", 1000)}
${deployment("two", "cheap", 500)}
${deployment("two", "dear", 8000)}
${deployment("three", "bedrock", 600)}
${deployment("three", "cheap", 2000)}
${deployment("three", "dear", 4000)}
router_settings: { disable_cooldowns: true }
litellm_settings: { drop_params: true }
`;
}

const PATHS = ["/v1/chat/completions", "/v1/messages", "/v1/responses"] as const;

/** A request with this id, drawn at random. */
function drawRequest(id: string, random: Random): { path: string; body: Record<string, unknown> } {
  const path = random.pick(PATHS);
  const text = `request ${id}; ${"some English text of a conversation. ".repeat(random.int(100, 400))}`;
  const model = random.pick(["one", "of-bedrock", "two", "two", "three", "three"]);
  const stream = random.next() < 0.7;
  const maxTokens = random.pick([undefined, 40, 300, 1500]);
  const hasTools = random.next() < 0.3;
  const schema = { type: "object", properties: { path: { type: "string" } } };
  if (path === "/v1/messages") {
    const cache = random.pick([
      {},
      { cache_control: { type: "ephemeral" } },
      { cache_control: { type: "ephemeral", ttl: "1h" } },
    ]);
    return {
      path,
      body: {
        model,
        stream,
        max_tokens: maxTokens ?? 4000,
        messages: [{ role: "user", content: [{ type: "text", text, ...cache }] }],
        ...(hasTools ? { tools: [{ name: "read", input_schema: schema }] } : {}),
      },
    };
  }
  if (path === "/v1/responses") {
    const tools = [{ type: "function", name: "read", parameters: schema }];
    return {
      path,
      body: {
        model,
        stream,
        input: text,
        ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
        ...(hasTools ? { tools } : {}),
      },
    };
  }
  const tools = [{ type: "function", function: { name: "read", parameters: schema } }];
  return {
    path,
    body: {
      model,
      stream,
      messages: [{ role: "user", content: text }],
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...(hasTools ? { tools } : {}),
    },
  };
}

/** Sends a request and leaves when its provider says so. @returns the status; `undefined` when it was left */
async function send(id: string, key: string, random: Random): Promise<number | undefined> {
  const { path, body } = drawRequest(id, random);
  let text = "";
  let wanted: readonly string[] | undefined;
  const status = await new Promise<number | undefined>((resolve) => {
    const headers = {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "x-litellm-end-user-id": id,
    };
    // Not `fetch`: its answers may wait for ever when they are given up while they are read.
    const request = http.request(gateway.url + path, { method: "POST", headers, agent: false });
    const leaveWhenSeen = () => {
      // What was not passed on is not waited for where the whole answer comes at once.
      const hasSeen = body["stream"] !== true || wanted?.every((mark) => text.includes(mark)) === true;
      if (wanted !== undefined && hasSeen) request.destroy();
    };
    leaving.set(id, (marks) => {
      wanted = marks;
      leaveWhenSeen();
    });
    const timer = setTimeout(() => {
      stuck.push({ id, path, body, text, wanted, draws: draws.get(id)?.slice(0, provider.attempts.get(id)) });
      request.destroy();
    }, STUCK_MS);
    request.on("response", (response) => {
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
        leaveWhenSeen();
      });
      response.on("end", () => resolve(response.statusCode));
      response.on("error", () => resolve(undefined));
    });
    request.on("error", () => resolve(undefined));
    request.on("close", () => {
      clearTimeout(timer);
      resolve(undefined);
    });
    request.end(JSON.stringify(body));
  });
  leaving.delete(id);
  return status;
}

/** Nothing takes so long that ends at all. */
const STUCK_MS = 120_000;
const stuck: object[] = [];

const leaving = new Map<string, (seen: readonly string[]) => void>();

interface Row {
  readonly id: string;
  readonly cost: string;
  readonly status: number;
}

interface Books {
  readonly spent: string;
  readonly leased: string;
}

async function booksOf(keyId: string): Promise<{ rows: Row[]; spentNano: number; leasedNano: number }> {
  const rows = await processes.query<Row>(
    `SELECT end_user AS id, coalesce(cost_nano_usd, 0) AS cost, status FROM audit_log WHERE key_id = '${keyId}'`,
  );
  await processes.query(RECALL_LEASES);
  const [books] = await processes.query<Books>(
    `SELECT b.spent_nano_usd + coalesce(sum(l.spent_nano_usd), 0) AS spent,
            b.leased_nano_usd - coalesce(sum(l.spent_nano_usd), 0) AS leased
       FROM budgets b LEFT JOIN budget_leases l USING (account, period)
      WHERE b.account = 'key:${keyId}' GROUP BY b.account, b.period, b.spent_nano_usd, b.leased_nano_usd`,
  );
  return { rows, spentNano: Number(books?.spent ?? 0), leasedNano: Number(books?.leased ?? 0) };
}

test.each(Array.from({ length: ROUNDS }, (_, index) => SEED + index))(
  "bills drawn at random, round %s: never above the limit, never free",
  async (seed) => {
    const random = new Random(seed);
    const hasTime = ROUNDS > 2;
    // From about one request to more than all of them.
    const budgetUsd = seed === SEED ? 5 : random.pick([0.1, 0.2, 0.4, 0.8]);
    const callers = random.int(2, 6);
    // Without rules before its prompt: what a request can cost at most is to be small beside the budget.
    const key = await makeKey(gateway, {
      max_budget: budgetUsd,
      metadata: { enforcement_level: "unrestricted" },
    });
    const [owner] = await processes.query<{ id: string }>(
      "SELECT key_id AS id FROM virtual_keys ORDER BY created_at DESC LIMIT 1",
    );
    const keyId = owner?.id ?? "";
    provider.onLeave = (id, seen) => leaving.get(id)?.(seen);

    const ids = Array.from({ length: REQUESTS }, (_, index) => `r${seed}-${index}`);
    for (const id of ids)
      draws.set(
        id,
        Array.from({ length: 6 }, () => drawBill(random, hasTime)),
      );
    const queue = [...ids];
    const statuses = new Map<string, number | undefined>();
    await Promise.all(
      Array.from({ length: callers }, async () => {
        for (let id = queue.shift(); id !== undefined; id = queue.shift())
          statuses.set(id, await send(id, key, new Random(seed * 10_000 + Number(id.split("-")[1]))));
      }),
    );
    let end = await booksOf(keyId);
    await eventually(async () => {
      end = await booksOf(keyId);
      const rows = new Set(end.rows.map(({ id }) => id));
      // Of requests that never got to a provider, those beyond 20 a minute are added up in one row.
      return ids.every((id) => rows.has(id) || !provider.attempts.has(id)) && end.leasedNano === 0;
    }, 60_000);

    const limitNano = budgetUsd * NANO_PER_USD;
    const billed = (id: string) => provider.billedNano.get(id) ?? 0;
    const costs = new Map(end.rows.map(({ id, cost }) => [id, Number(cost)]));
    const tooCheap = ids
      .filter((id) => (costs.get(id) ?? 0) < billed(id))
      .map((id) => ({
        id,
        cost: costs.get(id),
        billed: billed(id),
        draws: draws.get(id)?.slice(0, provider.attempts.get(id)),
      }));
    expect(stuck).toEqual([]);
    expect(tooCheap).toEqual([]);
    expect(provider.totalNano(`r${seed}-`)).toBeLessThanOrEqual(limitNano);
    expect(end.spentNano).toBeLessThanOrEqual(limitNano);
    expect(end.spentNano).toBe([...costs.values()].reduce((sum, cost) => sum + cost, 0));
    expect([...statuses.values()]).not.toContain(500);
    for (const id of ids) {
      if (billed(id) > 0) seen.billed += 1;
      if ((provider.attempts.get(id) ?? 0) > 1) seen.failedOver += 1;
      if (statuses.get(id) === undefined) seen.left += 1;
      if (statuses.get(id) === 402 || statuses.get(id) === 429) seen.refused += 1;
    }
  },
  600_000,
);

test("the rounds had answers, failovers, clients that left and refusals", () => {
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
});
