import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EmbeddedPostgres } from "../services/embedded-postgres";
import { eventually } from "../services/eventually";
import { CREDENTIAL, MASTER_KEY, MODEL, UPSTREAM_MODEL } from "../services/gateway-processes";
import { temporaryFolder } from "../temporary-folder";
import { BillingProvider } from "./billing-provider";
import { type Books, type BooksDemand, judgeBooks, readBooks } from "./books";
import { askShortly, Bystander, judgeService, type Service } from "./bystander";
import { type Answer, type Call, call } from "./call";
import { DeployedGateway, type DeployedGatewayProps } from "./deployed-gateway";
import { buildGatewayImage } from "./gateway-image";
import { judgeMemory, MemoryWatch } from "./memory-watch";

/** A fault is at least as long, so that somebody else asks several times meanwhile, in milliseconds. */
const LEAST_FAULT_MS = 2000;
/** Until everything is given back and charged, in milliseconds. */
const SETTLE_MS = 15_000;
const WARM_UP_REQUESTS = 20;

/** How a fault is looked at. */
export interface FaultOptions {
  /** Where somebody else asks meanwhile. @default at both gateways */
  readonly bystandersAt?: readonly DeployedGateway[];
  /** @default "as billed" */
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
      LAME_DUCK_SECONDS: "0",
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

  async readBooks(): Promise<Books> {
    return { ...(await readBooks((sql) => this.query(sql))), billed: this.#provider.billedNano };
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
    const before = await this.readBooks();
    const watch = new MemoryWatch(this.#replicas);
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
    const heldMib = watch.stop();
    problems.push(...judgeMemory(heldMib), ...(await this.#judgeBooks(before, options.books ?? "as billed")));
    tell(services, heldMib, problems);
    expect(problems).toEqual([]);
  }

  /** Puts right what the test before has left: tests do not hang on each other. */
  async recover(): Promise<void> {
    for (const gateway of this.#broken.splice(0)) await gateway.restart();
    for (const gateway of this.#replicas) await gateway.becomesReady();
    const isAtRest = async () => {
      const { reserved, intents } = await this.readBooks();
      return reserved === 0 && intents === 0;
    };
    await eventually(isAtRest, SETTLE_MS).catch(() => undefined);
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

  /** Waits for the books to be right. @returns what is wrong with them in the end */
  async #judgeBooks(before: Books, demand: BooksDemand): Promise<string[]> {
    let problems: string[] = [];
    const areRight = async () => {
      problems = judgeBooks(before, await this.readBooks(), demand);
      return problems.length === 0;
    };
    await eventually(areRight, SETTLE_MS).catch(() => undefined);
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

/** Figures for whoever looks for a trend; the judgement is in the assertions. */
function tell(services: readonly Service[], heldMib: readonly number[], problems: readonly string[]): void {
  const figures = {
    others: services.map(
      ({ asked, medianMs, slowestMs, starvation }) =>
        `${asked} asked, median ${medianMs} ms, at most ${slowestMs} ms, starved by ${starvation.toFixed(1)}`,
    ),
    heldMib,
    problems: problems.length,
  };
  process.stdout.write(`${expect.getState().currentTestName ?? ""}: ${JSON.stringify(figures)}\n`);
}
