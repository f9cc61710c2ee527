import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";
import { freePort } from "../support/services/free-port";
import { ServiceProcess } from "../support/services/service-process";
import {
  type AuditedRequest,
  createKey,
  type GatewayUnderTest,
  MODEL,
  SMALL_MODEL,
  type UpstreamRequest,
} from "./gateway-under-test";

const MASTER_KEY = "sk-master-key-of-the-client-tests";
const CONFIG = `
model_list:
  - model_name: ${MODEL}
    litellm_params: { model: anthropic/claude-sonnet-4-5-20250929, api_key: os.environ/ANTHROPIC_API_KEY }
    model_info: { input_cost_per_token: 3e-06, output_cost_per_token: 1.5e-05, max_output_tokens: 64000 }
  - model_name: ${SMALL_MODEL}
    litellm_params: { model: anthropic/claude-haiku-4-5-20251001, api_key: os.environ/ANTHROPIC_API_KEY }
    model_info: { input_cost_per_token: 1e-06, output_cost_per_token: 5e-06, max_output_tokens: 64000 }
general_settings: { master_key: os.environ/LITELLM_MASTER_KEY, database_url: os.environ/DATABASE_URL }
litellm_settings: { drop_params: true, turn_off_message_logging: true, callbacks: ["enforcement_hook.proxy_handler_instance"] }
`;

/** A gateway process with a Postgres and a fake provider of its own. */
export class GatewayProcess implements GatewayUnderTest {
  private constructor(
    private readonly postgres: EmbeddedPostgres,
    private readonly provider: ChildProcess,
    private readonly providerUrl: string,
    private readonly gateway: ServiceProcess,
  ) {}

  static async start(): Promise<GatewayProcess> {
    const [postgres, port] = [await EmbeddedPostgres.start(), await freePort()];
    const providerUrl = `http://127.0.0.1:${port}`;
    const provider = spawn(process.execPath, [join(__dirname, "../support/applied/fake-anthropic.cjs")], {
      env: { PORT: String(port), HOST: "127.0.0.1" },
      stdio: "ignore",
    });
    const config = join(postgres.directory, "config.yaml");
    writeFileSync(config, CONFIG, { mode: 0o644 });
    const gateway = await ServiceProcess.start("gateway", {
      LITELLM_MASTER_KEY: MASTER_KEY,
      DATABASE_URL: await postgres.createDatabase("clients"),
      CONFIG_FILE: config,
      ANTHROPIC_API_KEY: "credential-of-the-provider",
      ANTHROPIC_BASE_URL: providerUrl,
      PROMPTS_DIRECTORY: join(__dirname, "../../prompts"),
    });
    await eventually(async () => (await fetch(`${gateway.url}/health/readiness`)).status === 200);
    return new GatewayProcess(postgres, provider, providerUrl, gateway);
  }

  get url(): string {
    return this.gateway.url;
  }

  /** What the gateway logged. */
  get output(): string {
    return this.gateway.output;
  }

  createKey(settings: Readonly<Record<string, unknown>>): Promise<string> {
    return createKey(this.url, MASTER_KEY, settings);
  }

  async auditRows(alias: string): Promise<readonly AuditedRequest[]> {
    const rows = await this.postgres.query<{ row: AuditedRequest }>(
      `SELECT row_to_json(a) AS row FROM audit_log a WHERE key_alias = '${alias}' ORDER BY started_at`,
      "clients",
    );
    return rows.map(({ row }) => row);
  }

  async upstreamRequests(): Promise<readonly UpstreamRequest[]> {
    return (await (await fetch(`${this.providerUrl}/requests`)).json()) as UpstreamRequest[];
  }

  async stop(): Promise<void> {
    this.provider.kill("SIGKILL");
    await this.gateway.stop();
    await this.postgres.stop();
  }
}
