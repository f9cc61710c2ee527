import { setTimeout as sleep } from "node:timers/promises";
import type { BenchDatabase } from "../processes/database";
import { INPUT_NANO_USD, OUTPUT_NANO_USD } from "./gateway-config";
import type { ExpectedBooks } from "./target";

/** How long a reservation may outlive its request, in ms. */
const SETTLE_MS = 5000;

interface Books {
  readonly rows: number;
  readonly answered: number;
  readonly costNano: number;
  readonly spentNano: number;
  readonly intents: number;
}

/** Compares what the gateway recorded with what the client and the upstream counted. */
export class GatewayBooks {
  #last: Books = { rows: 0, answered: 0, costNano: 0, spentNano: 0, intents: 0 };

  constructor(private readonly database: BenchDatabase) {}

  /** Leaves out of the next check what was recorded so far. */
  async skip(): Promise<void> {
    this.#last = await this.#read();
  }

  /** @throws Error naming each difference */
  async check(expected: ExpectedBooks): Promise<void> {
    const costNano = expected.inputTokens * INPUT_NANO_USD + expected.outputTokens * OUTPUT_NANO_USD;
    let now = await this.#read();
    // Rows stand before their answers end; only what a request held may be given back a little later.
    for (const end = Date.now() + SETTLE_MS; now.intents > 0 && Date.now() < end; await sleep(50)) {
      now = await this.#read();
    }
    const wrong: string[] = [];
    const compare = (what: string, found: number, wanted: number) => {
      if (found !== wanted) wrong.push(`${what}: ${found}, expected ${wanted}`);
    };
    compare("audit rows", now.rows - this.#last.rows, expected.answers);
    compare("audit rows with status 200", now.answered - this.#last.answered, expected.answers);
    compare("sum of costs in nano-USD", now.costNano - this.#last.costNano, costNano);
    compare("spent of budgets in nano-USD", now.spentNano - this.#last.spentNano, costNano);
    compare("requests that still hold money", now.intents, 0);
    this.#last = now;
    if (wrong.length > 0) throw new Error(wrong.join("; "));
  }

  async #read(): Promise<Books> {
    const [row] = await this.database.query<Record<string, string>>(`
      SELECT count(*) AS rows, count(*) FILTER (WHERE status = 200) AS answered,
             coalesce(sum(cost_nano_usd), 0) AS cost_nano,
             (SELECT coalesce(sum(spent_nano_usd), 0) FROM budgets)
               + (SELECT coalesce(sum(spent_nano_usd), 0) FROM budget_leases) AS spent_nano,
             (SELECT count(*) FROM intent_batches) AS intents
        FROM audit_log WHERE caller_kind = 'key' AND route ~ '/(chat/completions|messages|responses)$'`);
    return {
      rows: Number(row?.["rows"]),
      answered: Number(row?.["answered"]),
      costNano: Number(row?.["cost_nano"]),
      spentNano: Number(row?.["spent_nano"]),
      intents: Number(row?.["intents"]),
    };
  }
}
