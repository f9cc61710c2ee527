import fs from "node:fs";
import path from "node:path";
import { temporaryFolder } from "../temporary-folder";
import { EmbeddedPostgres } from "./embedded-postgres";
import { eventually } from "./eventually";
import { ServiceProcess } from "./service-process";

export const MASTER_KEY = "sk-master-key-of-the-fault-tests";
export const MODEL = "claude-sonnet-4-5";
export const UPSTREAM_MODEL = "claude-sonnet-4-5-20250929";
/** What the provider is shown. */
export const CREDENTIAL = "credential-of-the-provider";

const CONFIG = `
model_list:
  - model_name: ${MODEL}
    litellm_params: { model: anthropic/${UPSTREAM_MODEL}, api_key: os.environ/ANTHROPIC_API_KEY, api_base: os.environ/UPSTREAM_URL }
    model_info: { input_cost_per_token: 3e-06, output_cost_per_token: 1.5e-05, max_output_tokens: 64000 }
litellm_settings: { drop_params: true }
`;

/** Settings of `GatewayProcesses`. */
export interface GatewayProcessesProps {
  /** The provider. */
  readonly upstreamUrl: string;
  /** Working rules of the standard level. @default - those of `prompts/` */
  readonly rules?: string;
  /** Text of `config.yaml`. @default - one model at `upstreamUrl` */
  readonly config?: string;
  /** Of each gateway. @default - they log warnings */
  readonly env?: Readonly<Record<string, string>>;
}

/** Gateways as they are really run, with one model, on a Postgres that can be made to crash. */
export class GatewayProcesses {
  readonly #env: Readonly<Record<string, string>>;
  #gateways: ServiceProcess[] = [];
  #database = "";

  private constructor(
    readonly postgres: EmbeddedPostgres,
    { upstreamUrl, rules, config: text = CONFIG, env = {} }: GatewayProcessesProps,
  ) {
    const directory = temporaryFolder();
    const config = path.join(directory, "config.yaml");
    fs.writeFileSync(config, text);
    if (rules !== undefined) fs.writeFileSync(path.join(directory, "standard.md"), rules);
    this.#env = {
      LITELLM_MASTER_KEY: MASTER_KEY,
      CONFIG_FILE: config,
      ANTHROPIC_API_KEY: CREDENTIAL,
      UPSTREAM_URL: upstreamUrl,
      LOG_LEVEL: "warn",
      ...(rules === undefined ? {} : { PROMPTS_DIRECTORY: directory }),
      ...env,
    };
  }

  /** Starts Postgres, and no gateway yet. */
  static async start(props: GatewayProcessesProps): Promise<GatewayProcesses> {
    return new GatewayProcesses(await EmbeddedPostgres.start(), props);
  }

  /** Makes an empty database, which gateways are started on and `query` asks from now on. */
  async useDatabase(name: string): Promise<void> {
    await this.postgres.createDatabase(name);
    this.#database = name;
  }

  /** Resolves when the gateway is ready. */
  async startGateway(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const gateway = await this.startUnready(env);
    await eventually(() => isReady(gateway));
    return gateway;
  }

  /** Resolves when the gateway listens, be it ready or not. */
  async startUnready(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const DATABASE_URL = this.postgres.url(this.#database);
    const gateway = await ServiceProcess.start("gateway", { ...this.#env, DATABASE_URL, ...env });
    this.#gateways.push(gateway);
    return gateway;
  }

  query<Row>(sql: string): Promise<Row[]> {
    return this.postgres.query<Row>(sql, this.#database);
  }

  async stopGateways(): Promise<void> {
    await Promise.all(this.#gateways.splice(0).map((gateway) => gateway.stop()));
  }

  async stop(): Promise<void> {
    await this.stopGateways();
    await this.postgres.stop();
  }
}

export const isReady = async ({ url }: ServiceProcess): Promise<boolean> =>
  (await fetch(`${url}/health/readiness`)).status === 200;

/** Makes a virtual key. @param settings of `/key/generate` @returns the key itself */
export async function makeKey({ url }: ServiceProcess, settings: object = {}): Promise<string> {
  const response = await post(`${url}/key/generate`, MASTER_KEY, settings);
  return ((await response.json()) as { key: string }).key;
}

/** Asks for an answer of at most 100 tokens. @param body more of it */
export function askChat({ url }: ServiceProcess, key: string, body: object = {}): Promise<Response> {
  const messages = [{ role: "user", content: "go" }];
  return post(`${url}/v1/chat/completions`, key, { model: MODEL, messages, max_tokens: 100, ...body });
}

function post(url: string, key: string, body: object): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
