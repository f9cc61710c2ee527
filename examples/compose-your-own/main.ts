import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { App, TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import {
  applyPlatformRules,
  DEFAULT_MODELS,
  DockerNetworks,
  externalDatabase,
  Gateway,
  setContainerDefaults,
} from "../../constructs";

const publishAddress = "127.0.0.1";

/** A gateway alone, on a Postgres that somebody else runs: no firewall, no workspaces, no database of its own. */
export class TeamGateway extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    setContainerDefaults(this, { prefix: id, publishAddress, logMegabytes: 10, logFiles: 5 });
    new DockerProvider(this, "docker");
    const { edge } = new DockerNetworks(this, "networks", { prefix: id });
    const gateway = new Gateway(this, "gateway", {
      networks: [{ network: edge, aliases: ["gateway", "litellm"] }],
      hostPort: 4000,
      database: externalDatabase(this, "postgres://gateway@db.example.org:5432/gateway", "TEAM_DB_PASSWORD"),
      providers: {
        anthropic: {
          kind: "anthropic",
          apiKeyEnv: "ANTHROPIC_API_KEY",
          baseUrl: "https://api.anthropic.com",
        },
      },
      models: DEFAULT_MODELS,
      auditRetention: "90d",
    });
    applyPlatformRules(this, { publishAddress });
    new TerraformOutput(this, "gateway_internal_url", { value: gateway.url });
  }
}

if (require.main === module) {
  const app = new App();
  new TeamGateway(app, "team-gateway");
  app.synth();
}
