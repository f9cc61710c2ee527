import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EmbeddedPostgres } from "../services/embedded-postgres";
import { eventually } from "../services/eventually";
import { CREDENTIAL, MASTER_KEY, MODEL, UPSTREAM_MODEL } from "../services/gateway-processes";
import { temporaryFolder } from "../temporary-folder";
import { BillingProvider } from "./billing-provider";
import { type Books, readBooks } from "./books";
import { askShortly, Bystander, judgeService, type Service } from "./bystander";
import { type Answer, type Call, call } from "./call";
import { DeployedGateway, type DeployedGatewayProps, MEMORY_LIMIT } from "./deployed-gateway";
import { buildGatewayImage } from "./gateway-image";

/** What may be held at most, in bytes: the limit without a tenth of it. */
const MEMORY_BOUND = 0.9 * MEMORY_LIMIT;
/** How often it is looked at what is held, in milliseconds. */
const SAMPLE_MS = 50;
/** A fault is at least as long, so that somebody else asks several times meanwhile, in milliseconds. */
const LEAST_FAULT_MS = 2000;
/** Until everything is given back and charged, in milliseconds. */
const SETTLE_MS = 15_000;
const WARM_UP_REQUESTS = 20;
const MIB = 1024 * 1024;

type BooksDemand = "as billed" | "not less" | "not free";

/** How a fault is looked at. */
export interface FaultOptions {
  /** Where somebody else asks meanwhile. @default at both gateways */
  readonly bystandersAt?: readonly DeployedGateway[];
  /**
   * What the books may say. `as billed`: what the provider bills, exactly. `not less`: for clients or providers that leave in the
   * middle or lie; it is estimated then, never to less than was billed. `not free`: for answers of which the provider had
   * sent more than ever came. @default "as billed"
   */
  readonly books?: BooksDemand;
}

/** Settings of `useDeployedGateways`. */
export interface DeployedGatewaysProps {
  /** What the first gateway has beyond a deployed one, to be told of faults. */
  readonly first?: Pick<DeployedGatewayProps, "env" | "files">;
}

/** Two deployed gateways, a real Postgres, and a provider with a bill of its own, for the tests of one file. */
export class DeployedGateways {
  #postgres!: EmbeddedPostgres;
  #provider!: BillingProvider;
  #replicas: DeployedGateway[] = [];
  #bystanderKey = "";
  /** Those that a fault has left in a bad state. */
  #broken: DeployedGateway[] = [];

  async start({ first }: DeployedGatewaysProps): Promise<void> {
    const image = buildGatewayImage();
    const [postgres, provider] = await Promise.all([EmbeddedPostgres.start(), BillingProvider.start()]);
    this.#postgres = postgres;
    this.#provider = provider;
    const configuration = path.join(temporaryFolder(), "config.yaml");
    fs.writeFileSync(configuration, configurationOf(provider.url));
    const all = {
      LITELLM_MASTER_KEY: MASTER_KEY,
      DATABASE_URL: postgres.url(),
      ANTHROPIC_API_KEY: CREDENTIAL,
    };
    for (const [name, more] of [
      ["first", first],
      ["second", undefined],
    ] as const) {
      const gateway = await DeployedGateway.start({
        name: `faults${process.pid}-${name}`,
        image,
        env: { ...all, JOURNAL_DIRECTORY: "/var/lib/gateway/journal", LOG_LEVEL: "warn", ...more?.env },
        files: { "/app/config.yaml": configuration, ...more?.files },
      });
      this.#replicas.push(gateway);
    }
    this.#bystanderKey = await this.makeKey();
    // The first requests of a process are slow.
    for (let count = 0; count < WARM_UP_REQUESTS; count += 1)
      await Promise.all(this.#replicas.map((gateway) => askShortly(gateway, this.#bystanderKey)));
  }

  async stop(): Promise<void> {
    for (const gateway of this.#replicas) gateway.remove();
    await Promise.all([this.#postgres?.stop(), this.#provider?.stop()]);
  }

  /** The one that faults happen to. */
  get first(): DeployedGateway {
    return this.#replica(0);
  }

  /** The other one. */
  get second(): DeployedGateway {
    return this.#replica(1);
  }

  get provider(): BillingProvider {
    return this.#provider;
  }

  query<Row>(sql: string): Promise<Row[]> {
    return this.#postgres.query<Row>(sql);
  }

  readBooks(): Promise<Books> {
    return readBooks((sql) => this.query(sql));
  }

  /** A request of the operator. */
  manage(route: string, settings: Call = {}): Promise<Answer> {
    return call(`${this.first.url}${route}`, { key: MASTER_KEY, ...settings });
  }

  /** Makes a virtual key with a large budget, which every gateway knows when this resolves. */
  async makeKey(settings: object = {}): Promise<string> {
    const { status, body } = await this.manage("/key/generate", {
      body: { max_budget: 10_000, ...settings },
    });
    if (status !== 200) throw new Error(`no key: ${status} ${body}`);
    await wait(300); // the other gateway hears of it
    return (JSON.parse(body) as { key: string }).key;
  }

  /**
   * Lets a fault happen and demands what must hold whatever happens: no gateway ends, what they hold stays below their limit,
   * somebody else is served, everything that runs is given back, and budgets and rows say what the provider bills.
   */
  async withstand(fault: () => unknown, options: FaultOptions = {}): Promise<void> {
    const { bystandersAt = this.#replicas } = options;
    const before = { books: await this.readBooks(), billed: this.#provider.billedNano };
    const held = this.#watchMemory();
    const bystander = new Bystander(bystandersAt, this.#bystanderKey);
    const failed = await Promise.all([fault(), wait(LEAST_FAULT_MS)]).then(() => undefined, String);
    const services = await bystander.stop();
    const problems = [
      ...(failed === undefined ? [] : [failed]),
      ...services.flatMap(judgeService),
      ...(await this.#findLeftOvers()),
      ...(await this.#findRefusals()),
      ...this.#findDead(),
    ];
    const memory = held();
    problems.push(
      ...this.#judgeMemory(memory),
      ...(await this.#judgeBooks(before, options.books ?? "as billed")),
    );
    tell(services, memory, problems);
    expect(problems).toEqual([]);
  }

  /** Puts right what the test before has left: tests do not hang on each other. */
  async recover(): Promise<void> {
    for (const gateway of this.#broken.splice(0)) await gateway.restart();
    for (const gateway of this.#replicas) await gateway.becomesReady();
    await this.#booksAtRest();
  }

  async #booksAtRest(): Promise<Books> {
    const isAtRest = async () => {
      const books = await this.readBooks();
      return books.reserved === 0 && books.intents === 0 ? books : undefined;
    };
    return (await eventually(isAtRest, SETTLE_MS).catch(() => undefined)) ?? this.readBooks();
  }

  /** @returns ends it, with the most that each gateway held, in MiB */
  #watchMemory(): () => number[] {
    const most = this.#replicas.map((gateway) => {
      gateway.memory.forgetPeak();
      return 0;
    });
    const look = () => {
      for (const [index, { memory }] of this.#replicas.entries())
        most[index] = Math.max(
          most[index] ?? 0,
          readOr(most[index] ?? 0, () => Math.max(memory.held, memory.peak)),
        );
    };
    const timer = setInterval(look, SAMPLE_MS);
    return () => {
      look();
      clearInterval(timer);
      return most;
    };
  }

  async #findLeftOvers(): Promise<string[]> {
    const problems: string[] = [];
    for (const gateway of this.#replicas) {
      let left: Readonly<Record<string, number>> = {};
      const isEmpty = async () => {
        left = await gateway.inFlight();
        return Object.keys(left).length > 0 && Object.values(left).every((value) => value === 0);
      };
      await eventually(isEmpty).catch(() => {
        this.#broken.push(gateway);
        problems.push(`${gateway.name} still holds ${JSON.stringify(left)}`);
      });
    }
    return problems;
  }

  async #findRefusals(): Promise<string[]> {
    const problems: string[] = [];
    for (const gateway of this.#replicas) {
      const { status, body } = await askShortly(gateway, this.#bystanderKey);
      if (status === 200) continue;
      this.#broken.push(gateway);
      problems.push(`${gateway.name} serves nobody afterwards: ${status} ${body.slice(0, 200)}`);
    }
    return problems;
  }

  #findDead(): string[] {
    return this.#replicas.filter(({ hasLivedOn }) => !hasLivedOn).map(({ name }) => `${name} has ended`);
  }

  #judgeMemory(most: readonly number[]): string[] {
    return most
      .filter((bytes) => bytes > MEMORY_BOUND)
      .map((bytes) => `a gateway held ${Math.round(bytes / MIB)} MiB`);
  }

  async #judgeBooks(
    before: { readonly books: Books; readonly billed: number },
    demand: BooksDemand,
  ): Promise<string[]> {
    const now = await this.#booksAtRest();
    const spent = now.spent - before.books.spent;
    const audited = now.audited - before.books.audited;
    const lost = now.lost - before.books.lost;
    const billed = this.#provider.billedNano - before.billed;
    const figures = `billed ${usd(billed)}, rows ${usd(audited)} (lost: ${usd(lost)}), spent ${usd(spent)}`;
    const problems: string[] = [];
    if (now.reserved !== 0 || now.intents !== 0)
      problems.push(`still reserved: ${usd(now.reserved)} for ${now.intents} batches`);
    if (spent !== audited) problems.push(`budgets and rows differ: ${figures}`);
    const isRight = {
      "as billed": audited === billed,
      "not less": audited >= billed,
      "not free": audited > 0,
    };
    if (!isRight[demand]) problems.push(`rows are not what was billed: ${figures}`);
    if (lost !== 0) problems.push(`requests count as lost: ${figures}`);
    return problems;
  }

  #replica(index: number): DeployedGateway {
    const gateway = this.#replicas[index];
    if (gateway === undefined) throw new Error("the gateways have not been started");
    return gateway;
  }
}

/** Starts them before the tests of a file and removes them afterwards. */
export function useDeployedGateways(props: DeployedGatewaysProps = {}): DeployedGateways {
  const gateways = new DeployedGateways();
  beforeAll(() => gateways.start(props), 300_000);
  beforeEach(() => gateways.recover(), 90_000);
  afterAll(() => gateways.stop(), 60_000);
  return gateways;
}

function configurationOf(upstreamUrl: string): string {
  return `
model_list:
  - model_name: ${MODEL}
    litellm_params: { model: anthropic/${UPSTREAM_MODEL}, api_key: os.environ/ANTHROPIC_API_KEY, api_base: "${upstreamUrl}" }
    model_info: { input_cost_per_token: 3e-06, output_cost_per_token: 1.5e-05, max_output_tokens: 64000 }
litellm_settings: { drop_params: true }
`;
}

const usd = (nano: number) => `$${nano / 1e9}`;

/** A process that has just ended has no files any more. */
function readOr<Value>(instead: Value, read: () => Value): Value {
  try {
    return read();
  } catch {
    return instead;
  }
}

/** Figures for whoever looks for a trend; the judgement is in the assertions. */
function tell(services: readonly Service[], memory: readonly number[], problems: readonly string[]): void {
  const figures = {
    others: services.map(
      ({ asked, medianMs, slowestMs }) => `${asked} asked, median ${medianMs}, at most ${slowestMs} ms`,
    ),
    heldMib: memory.map((bytes) => Math.round(bytes / MIB)),
    problems: problems.length,
  };
  process.stdout.write(`${expect.getState().currentTestName ?? ""}: ${JSON.stringify(figures)}\n`);
}
