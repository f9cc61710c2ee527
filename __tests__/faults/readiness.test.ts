import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { eventually } from "../support/services/eventually";
import { askChat, GatewayProcesses, makeKey } from "../support/services/gateway-processes";
import { MeteredProvider } from "../support/services/metered-provider";
import type { ServiceProcess } from "../support/services/service-process";
import { temporaryFolder } from "../support/temporary-folder";

/**
 * Two gateways with journals under load, and a database that fails in the ways in which databases do. Readiness says at both what their
 * callers see: keys without a budget are served all the time, those with one when `budgets` are available.
 */
const FAULT_LIMIT_MS = 30_000;

let processes: GatewayProcesses;
let provider: MeteredProvider;
let other: Client;
let gateways: ServiceProcess[];
let keys: { readonly plain: string; readonly budgeted: string };

beforeAll(async () => {
  provider = await MeteredProvider.start();
  provider.delayMs = 5;
  processes = await GatewayProcesses.start({ upstreamUrl: provider.url });
  await processes.useDatabase("readiness");
  gateways = await Promise.all(
    [1, 2].map(() => processes.startGateway({ JOURNAL_DIRECTORY: path.join(temporaryFolder(), "journal") })),
  );
  const [first] = gateways as [ServiceProcess];
  keys = { plain: await makeKey(first), budgeted: await makeKey(first, { max_budget: 1000 }) };
}, 60_000);
beforeEach(() => {
  other = new Client({ connectionString: processes.postgres.url("readiness") });
  // A server that crashes cuts it off.
  other.on("error", () => {});
});
afterEach(() => other.end().catch(() => {}));
afterAll(() => Promise.all([processes?.stop(), provider?.stop()]));

interface Answers {
  /** Statuses that are not 200. */
  readonly plain: number[];
  readonly budgeted: number[];
}

/** Callers of both keys at both gateways, one request after the other. */
function startCallers() {
  let isOver = false;
  const failures: Answers = { plain: [], budgeted: [] };
  const call = async (gateway: ServiceProcess, kind: keyof Answers) => {
    while (!isOver) {
      const response = await askChat(gateway, keys[kind]);
      await response.text();
      if (response.status !== 200) failures[kind].push(response.status);
      await wait(20);
    }
  };
  const done = Promise.all(
    gateways.flatMap((gateway) => [
      call(gateway, "plain"),
      call(gateway, "plain"),
      call(gateway, "budgeted"),
      call(gateway, "budgeted"),
    ]),
  );
  const stop = async () => {
    isOver = true;
    await done;
    return failures;
  };
  return { failures, stop };
}

async function readinessOf({ url }: ServiceProcess) {
  const response = await fetch(`${url}/health/readiness`);
  return { code: response.status, ...((await response.json()) as object) };
}

const becomes = (state: object) =>
  eventually(async () => {
    for (const gateway of gateways) expect(await readinessOf(gateway)).toMatchObject(state);
    return true;
  }, FAULT_LIMIT_MS);

const WELL = { code: 200, status: "connected", db: "connected", budgets: "available", audit: "database" };

const SETS_FULL = ["audit_log", "budget_leases", "budgets", "intent_batches", "rate_blocks"];

/** Reads work, and what fits into pages that are there; all else fails. */
const FULL_DISK = `
  CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
  ${SETS_FULL.map((table) => `CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION disk_is_full();`).join("\n")}`;
const FREED_DISK = "DROP FUNCTION disk_is_full CASCADE";

const FAULTS: readonly (readonly [
  name: string,
  begin: () => Promise<unknown>,
  end: () => Promise<unknown>,
  state: object,
])[] = [
  [
    "somebody holds a lock on audit_log",
    () => other.query("BEGIN; LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE"),
    () => other.query("ROLLBACK"),
    { code: 200, status: "degraded", db: "connected", budgets: "unavailable", audit: "journal" },
  ],
  [
    "somebody holds a lock on budgets",
    () => other.query("BEGIN; LOCK TABLE budgets, budget_leases IN ACCESS EXCLUSIVE MODE"),
    () => other.query("ROLLBACK"),
    { code: 200, status: "degraded", budgets: "unavailable" },
  ],
  [
    "the disk is full: reads work, commits fail",
    () => other.query(FULL_DISK),
    () => other.query(FREED_DISK),
    { code: 200, status: "degraded", db: "connected", budgets: "unavailable", audit: "journal" },
  ],
  [
    "Postgres crashes and is away",
    () => processes.postgres.pause("immediate"),
    () => processes.postgres.resume(),
    { code: 200, status: "degraded", db: "disconnected", budgets: "unavailable", audit: "journal" },
  ],
];

test.each(FAULTS)(
  "%s: both gateways say so, serve keys without a budget, and recover by themselves",
  async (_name, begin, end, state) => {
    await becomes(WELL);
    await other.connect();
    const callers = startCallers();
    try {
      await begin();
      await becomes(state);
      // It says the same while the fault lasts, and nobody with a budget is served.
      const before = callers.failures.budgeted.length;
      await eventually(() => callers.failures.budgeted.length > before + 20, FAULT_LIMIT_MS);
      for (const gateway of gateways)
        expect(await readinessOf(gateway)).toMatchObject({ code: 200, status: "degraded" });
      await end();
      await becomes(WELL);
    } finally {
      await callers.stop();
    }
    const { plain, budgeted } = callers.failures;
    expect(plain).toEqual([]);
    expect(new Set(budgeted)).toEqual(new Set([503]));
    for (const gateway of gateways)
      for (const key of [keys.plain, keys.budgeted]) expect((await askChat(gateway, key)).status).toBe(200);
  },
  120_000,
);
