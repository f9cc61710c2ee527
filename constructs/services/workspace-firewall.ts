import type { ServiceDefinition } from "../service-definition";

/** The firewall of the workspaces network. */
export const WORKSPACE_FIREWALL = {
  name: "workspace-firewall",
  title: "workspace firewall",
  summary: "keeps workspaces from each other, the host and private networks",
  image: { builtFrom: "services/workspace-firewall" },
  memoryMegabytes: 128,
  networks: "host",
  health: {
    test: ["CMD-SHELL", "find /tmp/rules-in-force -newermt '-10 seconds' | grep -q ."],
    intervalSeconds: 2,
    retries: 3,
  },
  container: { capabilities: ["CAP_NET_ADMIN"], startTimeoutSeconds: 60 },
} as const satisfies ServiceDefinition;
