import { join } from "node:path";
import { PROJECT_ROOT } from "../sluice-home";
import type { ChildProps } from "./child-process";
import { LOOPBACK } from "./port";

/** A service of ours as a local process. */
export interface ServiceProps {
  /** Its folder under services/. */
  readonly name: string;
  readonly port: number;
  /** What it needs besides HOST and PORT. */
  readonly env: NodeJS.ProcessEnv;
  /** Path that answers 200 once it can be used. @default - any answer will do */
  readonly readyPath?: string;
  readonly logs: string;
}

/**
 * What a process needs of the user's environment. Everything else stays out, credentials above all:
 * a service gets those it uses and no others.
 */
const INHERITED = [
  "PATH",
  "HOME",
  "USER",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "TEMP",
  "SYSTEMROOT",
  "LOG_LEVEL",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
];

/** How to run `services/<name>/server.ts`. */
export function serviceChild({ name, port, env, readyPath, logs }: ServiceProps): ChildProps {
  const inherited = Object.fromEntries(
    INHERITED.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])),
  );
  return {
    name,
    file: process.execPath,
    args: [
      "--import",
      "tsx",
      "--require",
      join(__dirname, "exit-with-parent.cjs"),
      join(PROJECT_ROOT, "services", name, "server.ts"),
    ],
    env: { ...inherited, HOST: LOOPBACK, PORT: String(port), ...env },
    cwd: PROJECT_ROOT,
    logs,
    watchesParent: true,
    isReady: () => answers(`http://${LOOPBACK}:${port}${readyPath ?? "/"}`, readyPath !== undefined),
    stopSignals: [["SIGTERM", 15_000]],
  };
}

async function answers(url: string, mustBeOk: boolean): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok || !mustBeOk;
  } catch {
    return false;
  }
}
