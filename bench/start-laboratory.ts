import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Laboratory } from "./measure/laboratory";
import type { BenchOptions } from "./options";
import { chooseCores } from "./processes/cores";
import { BenchDatabase, makeRunFolder } from "./processes/database";
import { buildGoTools } from "./processes/go-tools";
import { FakeUpstream } from "./processes/upstream";
import { startBareProxy } from "./targets/bare-proxy";
import { directTarget } from "./targets/direct";
import { type GatewayProps, MASTER_KEY, startGateway } from "./targets/gateway";
import { GatewayBooks } from "./targets/gateway-books";
import { gatewayConfig } from "./targets/gateway-config";
import { loadKeys } from "./targets/gateway-keys";
import { ManagementApi } from "./targets/management-api";
import { hasNginx, startNginx } from "./targets/nginx";
import type { Target, TargetName } from "./targets/target";

/** Stops a part of the run; called in reverse order of the starts. */
export type Stop = () => Promise<void> | void;

/** Starts upstream, database and targets, and fills the gateway with keys. @param stops gets how each is stopped */
export async function startLaboratory(
  options: BenchOptions,
  stops: Stop[],
  say: (line: string) => void,
): Promise<{ laboratory: Laboratory; targets: Map<TargetName, Target> }> {
  const tools = buildGoTools();
  const cores = chooseCores();
  const folder = makeRunFolder();
  stops.push(() => rmSync(folder, { recursive: true, force: true }));
  const upstream = await FakeUpstream.start(tools.fakeUpstream, cores?.load);
  stops.push(() => upstream.stop());
  const database = await BenchDatabase.start(folder, cores?.load);
  stops.push(() => database.stop());

  const configFile = join(folder, "config.yaml");
  writeFileSync(configFile, gatewayConfig(upstream.url));
  const books = new GatewayBooks(database);
  const gateway: GatewayProps = {
    databaseUrl: database.url,
    configFile,
    core: cores?.target,
    logs: folder,
    books,
  };
  const targets = new Map<TargetName, Target>();
  stops.push(async () => {
    await Promise.all([...targets.values()].map((target) => target.stop()));
  });
  const ours = await startGateway(gateway);
  targets.set("ours", ours);
  say(`loading ${options.keys.toLocaleString("en-US")} keys`);
  const api = new ManagementApi(`http://127.0.0.1:${ours.port}`, MASTER_KEY);
  const keysFile = join(folder, "keys.txt");
  writeFileSync(keysFile, (await loadKeys(api, database, options.keys)).join("\n"));
  const laboratory: Laboratory = { tools, cores, upstream, database, gateway, folder, keysFile };

  const proxy = { upstreamUrl: upstream.url, core: cores?.target, logs: folder };
  targets.set("B", await startBareProxy({ ...proxy, name: "B" }));
  if (!options.isQuick) {
    targets.set("H", await startBareProxy({ ...proxy, name: "H" }));
    if (hasNginx())
      targets.set("N", await startNginx({ upstreamPort: upstream.port, core: proxy.core, logs: folder }));
    else say("nginx is not installed: no column N");
    targets.set("D", directTarget(upstream.port));
  }
  return { laboratory, targets };
}
