import fs from "node:fs";
import path from "node:path";
import { temporaryFolder } from "../temporary-folder";
import { eventually } from "./eventually";
import type { FakeCoder } from "./fake-coder";
import { GatewayProcesses, MASTER_KEY } from "./gateway-processes";
import { type SettingsChanges, settingsText } from "./provisioner-settings";
import { ServiceProcess } from "./service-process";

export const ADMIN_TOKEN = "sk-admin-token-of-the-provisioner-tests";
export const GATEWAY_TOKEN = "sk-gateway-token-of-the-provisioner-tests";
export const ENCRYPTION_KEY = "sk-encryption-key-of-the-provisioner-tests";

/** An answer with its body. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers by their fields
  readonly body: any;
}

/** A real gateway, a real Postgres and key-provisioners as they are really run. */
export class ProvisionerProcesses {
  readonly settingsFile = path.join(temporaryFolder(), "settings.json");
  #provisioners: ServiceProcess[] = [];

  private constructor(
    readonly processes: GatewayProcesses,
    readonly gateway: ServiceProcess,
    readonly coder: FakeCoder | undefined,
  ) {
    this.configure();
  }

  /** Starts Postgres and the gateway, and no key-provisioner yet. @param coder `undefined`: the platform has none */
  static async start(coder: FakeCoder | undefined): Promise<ProvisionerProcesses> {
    const processes = await GatewayProcesses.start({
      upstreamUrl: "http://127.0.0.1:9",
      env: { PROVISIONER_TOKEN: GATEWAY_TOKEN },
    });
    await processes.useDatabase("gateway");
    await processes.postgres.createDatabase("key_provisioner");
    const gateway = await processes.startGateway();
    return new ProvisionerProcesses(processes, gateway, coder);
  }

  /** Writes the settings file, which running key-provisioners follow. */
  configure(changes: SettingsChanges = {}): void {
    fs.writeFileSync(this.settingsFile, settingsText(changes));
  }

  /** Resolves when it listens and its database is ready. */
  async startProvisioner(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const provisioner = await ServiceProcess.start("key-provisioner", {
      GATEWAY_URL: this.gateway.url,
      ...(this.coder === undefined ? {} : { CODER_URL: this.coder.url }),
      CONFIG_FILE: this.settingsFile,
      DATABASE_URL: this.processes.postgres.url("key_provisioner"),
      KEY_PROVISIONER_ADMIN_TOKEN: ADMIN_TOKEN,
      GATEWAY_PROVISIONER_TOKEN: GATEWAY_TOKEN,
      KEY_ENCRYPTION_KEY: ENCRYPTION_KEY,
      RECONCILE_SECONDS: "3600",
      LOG_LEVEL: "info",
      ...env,
    });
    this.#provisioners.push(provisioner);
    await eventually(async () => (await call(provisioner, "GET", "/health")).body.database);
    return provisioner;
  }

  /** Gives the key-provisioner its token for Coder, as the bootstrap does. */
  async handOverCoderToken(provisioner: ServiceProcess): Promise<void> {
    const body = { token: this.coder?.readerToken };
    const { status } = await call(provisioner, "PUT", "/api/v1/coder/token", { bearer: ADMIN_TOKEN, body });
    if (status !== 200) throw new Error(`the token for Coder was not taken: ${status}`);
  }

  query<Row>(sql: string): Promise<Row[]> {
    return this.processes.postgres.query<Row>(sql, "key_provisioner");
  }

  /** What the gateway says about a key. */
  async atGateway(key: string): Promise<Answer> {
    return call(this.gateway, "POST", "/key/info", { bearer: MASTER_KEY, body: { key } });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#provisioners.map((provisioner) => provisioner.stop()));
    await this.processes.stop();
  }
}

/** Calls a service with JSON. */
export async function call(
  { url }: Pick<ServiceProcess, "url">,
  method: string,
  at: string,
  { bearer, body }: { bearer?: string; body?: unknown } = {},
): Promise<Answer> {
  const response = await fetch(`${url}${at}`, {
    method,
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  let parsed: unknown = text;
  try {
    parsed = JSON.parse(text);
  } catch {
    // A page, or metrics.
  }
  return { status: response.status, headers: response.headers, body: parsed };
}
