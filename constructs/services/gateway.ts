import { httpHealthCheck } from "../health-check";
import type { ServiceDefinition } from "../service-definition";

/** The AI gateway. Clients and guides know it as `litellm`, too. */
export const GATEWAY = {
  name: "gateway",
  title: "AI gateway",
  summary: "OpenAI's and Anthropic's APIs, and LiteLLM's key management",
  image: { builtFrom: "services/gateway" },
  memoryMegabytes: 1024,
  networks: { edge: ["gateway", "litellm"], workspaces: ["gateway", "litellm"], data: [] },
  workspacesAddress: 2,
  health: httpHealthCheck("http://127.0.0.1:4000/health/readiness"),
  port: { container: 4000, host: 4000 },
  hostName: "litellm",
  outputs: {
    gateway_url: { description: "AI gateway, OpenAI and LiteLLM compatible", from: "host" },
    gateway_internal_url: { description: "AI gateway, from a workspace", from: "networks" },
  },
  secrets: {
    gateway_master_key: {
      kind: "key",
      description: "The gateway's master key: may manage keys and use every model.",
      variable: "LITELLM_MASTER_KEY",
    },
    gateway_provisioner_token: {
      kind: "key",
      description:
        "What the key-provisioner authenticates with at the gateway: may manage keys, nothing else.",
      variable: "PROVISIONER_TOKEN",
    },
  },
  // One gateway opens up to 24. Two may overlap, and somebody may look.
  database: { name: "gateway", connections: 60 },
  // Audit rows wait here while Postgres is away, also for the container's successor. In the image the folder belongs to the gateway's user.
  volumes: { journal: "/var/lib/gateway/journal" },
  // It takes over what changes there while it runs: prices, providers, rules, keys and passwords.
  files: { reader: "node", onChange: "follow" },
  // LAME_DUCK_SECONDS (5), STOP_GRACE_SECONDS (30), in which open streams may end, and time to flush the audit and close (10).
  container: { stopGraceSeconds: 50 },
} as const satisfies ServiceDefinition;
