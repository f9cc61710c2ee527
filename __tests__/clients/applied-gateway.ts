import type { AppliedPlatform } from "../support/applied/applied-platform";
import { docker } from "../support/applied/docker";
import {
  type AuditedRequest,
  createKey,
  type GatewayUnderTest,
  type UpstreamRequest,
} from "./gateway-under-test";

const ASK_REQUESTS =
  'fetch("http://127.0.0.1:8080/requests").then((response) => response.text()).then((text) => process.stdout.write(text))';

/** The gateway of an applied platform, whose provider is the container `<platform>-upstream`. */
export class AppliedGateway implements GatewayUnderTest {
  constructor(private readonly platform: AppliedPlatform) {}

  get url(): string {
    return `http://127.0.0.1:${this.platform.gatewayPort}`;
  }

  createKey(settings: Readonly<Record<string, unknown>>): Promise<string> {
    return createKey(this.url, this.platform.secrets()["gateway_master_key"] ?? "", settings);
  }

  async auditRows(alias: string): Promise<readonly AuditedRequest[]> {
    const rows = this.platform.sql(
      "gateway",
      `SELECT row_to_json(a) FROM audit_log a WHERE key_alias = '${alias}' ORDER BY started_at`,
    );
    return rows.map((row) => JSON.parse(row) as AuditedRequest);
  }

  async upstreamRequests(): Promise<readonly UpstreamRequest[]> {
    return JSON.parse(docker("exec", `${this.platform.name}-upstream`, "node", "-e", ASK_REQUESTS));
  }
}
