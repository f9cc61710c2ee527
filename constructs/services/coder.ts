import { CODER_START } from "../coder-start";
import { literalText } from "../literal-text";
import type { ServiceDefinition } from "../service-definition";

/** Coder: the server that people open their workspaces with. */
export const CODER = {
  name: "coder",
  title: "Coder server",
  summary: "workspaces: dashboard, templates, and the containers that they are made of",
  image: { reference: "ghcr.io/coder/coder:v2.34.1" },
  memoryMegabytes: 2048,
  networks: { edge: ["coder"], data: [], workspaces: ["coder"] },
  workspacesAddress: 4,
  health: {
    test: ["CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:7080/healthz"],
    // An empty database takes all migrations at the first start.
    startPeriodSeconds: 30,
  },
  // What runs in containers needs no TLS, and no trust in our authority.
  port: { container: 7080, host: 7080, setting: "coderHttp" },
  tlsPort: { host: 7443 },
  outputs: { coder_url: { description: "Coder, for people", from: "host" } },
  secrets: {
    coder_first_user_password: {
      kind: "password",
      description: "Password that Coder's first user, the owner, is made with.",
    },
  },
  // It opens up to 10, one that listens, and one for each migration of its schema.
  database: { name: "coder", connections: 16 },
  // Agents' binaries, Terraform's providers, and the folders in which Terraform runs: too large for memory.
  caches: { home: "/home/coder" },
  // It reads its certificate and password once.
  files: { reader: "coder", onChange: "replace" },
  container: {
    entrypoint: ["sh", "-euc", literalText(CODER_START)],
    // A build of a workspace that has begun may end.
    stopGraceSeconds: 60,
  },
} as const satisfies ServiceDefinition;
