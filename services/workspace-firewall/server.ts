import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { ConfigError } from "../shared/config-error";
import { exitGracefully } from "../shared/exit-gracefully";
import { createLogger } from "../shared/logger";
import { loadConfig } from "./config";
import { type Host, RuleKeeper } from "./keep-rules";
import { nameServersOf } from "./name-servers";
import { nft } from "./nft";

/** Time between two looks at the rules, in milliseconds. */
const INTERVAL_MS = 2000;
const CLOSE_MS = 5000;
/** Is there, and new, while the rules are in force; the health check looks at it. */
const IN_FORCE_FILE = "/tmp/rules-in-force";

const host: Host = {
  nft,
  filtersBridgedFrames: async () => {
    const settings = ["bridge-nf-call-iptables", "bridge-nf-call-ip6tables"].map((name) =>
      readFile(`/proc/sys/net/bridge/${name}`, "utf8").catch(() => "0"),
    );
    return (await Promise.all(settings)).every((value) => value.trim() === "1");
  },
  interfaces: () => readdir("/sys/class/net"),
};

/** The process: configuration → rules in force → a look every two seconds. The rules stay when it ends. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const logger = createLogger({ name: "workspace-firewall", level: config.logLevel });
  const nameServers = nameServersOf(await readFile("/etc/resolv.conf", "utf8").catch(() => ""));
  const keeper = new RuleKeeper(host, { ...config, nameServers }, logger);

  let timer: NodeJS.Timeout | undefined;
  let isInForce: boolean | undefined;
  const turn = async () => {
    try {
      await (isInForce === true ? keeper.check() : keeper.enforce());
      await writeFile(IN_FORCE_FILE, "");
    } catch (error) {
      await rm(IN_FORCE_FILE, { force: true });
      if (isInForce !== false) logger.error({ err: error }, "firewall rules not in force");
      isInForce = false;
      return;
    }
    if (isInForce !== true) {
      const { bridge, subnet, services, allow, internet } = config;
      logger.info({ bridge, subnet, services, allow, internet, nameServers }, "firewall rules in force");
    }
    isInForce = true;
  };
  const next = () => {
    timer = setTimeout(() => void turn().finally(next), INTERVAL_MS);
  };

  exitGracefully({
    logger,
    limitMs: CLOSE_MS,
    close: async () => {
      clearTimeout(timer);
      logger.info({ bridge: config.bridge }, "exiting, firewall rules stay in force");
    },
  });
  await turn();
  await keeper
    .removeStale()
    .catch((error: unknown) =>
      logger.warn({ err: error }, "failed to remove firewall rules of deleted networks"),
    );
  next();
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? `workspace-firewall cannot start:\n${error.message}` : error);
  process.exit(1);
});
