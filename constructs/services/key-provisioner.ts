import { httpHealthCheck } from "../health-check";
import type { ServiceDefinition } from "../service-definition";

/** The key-provisioner. */
export const KEY_PROVISIONER = {
  name: "key-provisioner",
  title: "key-provisioner",
  summary: "hands out keys: to workspaces and users that Coder proves, and to administrators",
  image: { builtFrom: "services/key-provisioner" },
  memoryMegabytes: 256,
  networks: { edge: ["key-provisioner"], workspaces: ["key-provisioner"], data: [] },
  workspacesAddress: 3,
  // Its own life only: `/health` also asks the gateway, whose trouble must not look like this container's.
  health: httpHealthCheck("http://127.0.0.1:8100/health/live"),
  port: { container: 8100, host: 8100 },
  outputs: { key_provisioner_url: { description: "Key-provisioner", from: "host" } },
  secrets: {
    key_provisioner_admin_token: {
      kind: "key",
      description: "What administrators authenticate with at the key-provisioner.",
      variable: "KEY_PROVISIONER_ADMIN_TOKEN",
    },
    key_encryption_key: {
      kind: "key",
      description: "What the key-provisioner's stored keys are encrypted with.",
      variable: "KEY_ENCRYPTION_KEY",
    },
  },
  // One opens up to 8. Two may overlap, and somebody may look.
  database: { name: "key_provisioner", connections: 18 },
  // It takes over what changes there while it runs: figures, levels, tokens and passwords.
  files: { reader: "node", onChange: "follow" },
  container: { stopGraceSeconds: 15 },
} as const satisfies ServiceDefinition;
