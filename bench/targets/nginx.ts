import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "../../cli/local/child-process";
import { findFreePort } from "../../cli/local/port";
import { bindToCore } from "../processes/cores";
import { accepts } from "./accepts";
import type { Target } from "./target";

/** What nginx needs. */
export interface NginxProps {
  readonly upstreamPort: number;
  readonly core: number | undefined;
  /** Of the run; nginx has a folder of its own in it. */
  readonly logs: string;
}

/** Whether nginx is installed here; without it the run has one column less. */
export function hasNginx(): boolean {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** N: nginx as a proxy in one process, the practical limit of a proxy. */
export async function startNginx(props: NginxProps): Promise<Target> {
  const port = await findFreePort();
  const folder = join(props.logs, "nginx");
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "nginx.conf");
  writeFileSync(config, nginxConfig(port, props.upstreamPort, folder));
  const child = new Child({
    name: "proxy-N",
    file: "nginx",
    args: ["-p", folder, "-c", config, "-e", "stderr"],
    env: { PATH: process.env["PATH"] },
    cwd: folder,
    logs: props.logs,
    isReady: () => accepts(port),
    stopSignals: [["SIGTERM", 5000]],
  });
  if (child.pid !== undefined) bindToCore(child.pid, props.core);
  await child.ready();
  return {
    name: "N",
    port,
    pid: child.pid,
    stop: () => child.stop(true),
    restart: async () => {
      await child.stop(true);
      return startNginx(props);
    },
  };
}

/** One process, which is also the one whose time counts; bodies stay in memory, and chunks are passed on at once. */
function nginxConfig(port: number, upstreamPort: number, folder: string): string {
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000000;
  client_max_body_size 32m;
  client_body_buffer_size 1m;
  upstream fake { server 127.0.0.1:${upstreamPort}; keepalive 1024; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://fake;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }
  }
}
`;
}
