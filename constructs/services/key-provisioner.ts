import { httpHealthCheck } from "../health-check";
import type { ServiceDefinition } from "../service-definition";

/** The key-provisioner. */
export const KEY_PROVISIONER = {
  name: "key-provisioner",
  title: "key-provisioner",
  summary: "reports whether the gateway is ready; hands out no keys yet",
  image: { builtFrom: "services/key-provisioner" },
  memoryMegabytes: 256,
  networks: { edge: ["key-provisioner"], workspaces: ["key-provisioner"] },
  workspacesAddress: 3,
  // Its own life only: `/health` also asks the gateway, whose trouble must not look like this container's.
  health: httpHealthCheck("http://127.0.0.1:8100/health/live"),
  port: { container: 8100, host: 8100 },
  outputs: { key_provisioner_url: { description: "Key-provisioner", from: "host" } },
  container: { stopGraceSeconds: 15 },
} as const satisfies ServiceDefinition;
