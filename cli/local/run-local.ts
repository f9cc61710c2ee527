import { setTimeout as sleep } from "node:timers/promises";
import { loadPlatform } from "../../constructs/config/load";
import { platformFile } from "../../constructs/config/platform-file";
import { settingOf } from "../../constructs/service-definition";
import { GATEWAY } from "../../constructs/services/gateway";
import { KEY_PROVISIONER } from "../../constructs/services/key-provisioner";
import { Progress } from "../terminal/progress";
import type { UserError } from "../terminal/user-error";
import { openDataFolder } from "./data-folder";
import { takeInstanceLock } from "./instance-lock";
import { LocalPlatform } from "./local-platform";
import { LOOPBACK, requireDifferentPorts, requireFreePort } from "./port";
import { choosePostgresPort } from "./postgres-port";
import { renderStartScreen, type StartScreen } from "./start-screen";
import { onStopSignal } from "./stop-signal";

/** Options of `sluice start`. */
export interface LocalOptions {
  /** Data folder. @default `.sluice/local` */
  readonly data?: string;
  /** Gateway. @default - as in platform.yaml, there 4000 */
  readonly port?: number;
  /** Key-provisioner. @default - as in platform.yaml, there 8100 */
  readonly provisionerPort?: number;
  /** @default - a free one, the same at each start */
  readonly postgresPort?: number;
  /** No progress, only the final screen. @default false */
  readonly quiet?: boolean;
}

/** Longest wait for an interrupted start to notice, in milliseconds. */
const ABANDON_MS = 5000;

/**
 * Runs the platform on this machine until a signal comes, then stops it.
 * @throws UserError when it cannot start or cannot be kept running; everything is stopped then, too
 */
export async function runLocal(options: LocalOptions): Promise<void> {
  const config = loadPlatform(platformFile({ mayUseExample: true }));
  const folder = openDataFolder(options.data);
  const gateway = options.port ?? settingOf(config.ports, GATEWAY);
  const keyProvisioner = options.provisionerPort ?? settingOf(config.ports, KEY_PROVISIONER);
  const progress = new Progress({ quiet: options.quiet ?? false });
  const release = takeInstanceLock(folder.lock, `http://${LOOPBACK}:${gateway}`);

  let platform: LocalPlatform | undefined;
  let isStopping = false;
  let endListening = () => {};
  let fail = (_error: UserError) => {};
  const stopWish = new Promise<undefined>((resolve, reject) => {
    fail = reject;
    endListening = onStopSignal((hurry) => {
      isStopping = true;
      if (hurry) void platform?.stop(true);
      else resolve(undefined);
    });
  });

  const start = async (): Promise<StartScreen | undefined> => {
    requireDifferentPorts(gateway, keyProvisioner);
    await requireFreePort(gateway, "gateway", "--port");
    await requireFreePort(keyProvisioner, "key-provisioner", "--provisioner-port");
    const postgres = await choosePostgresPort(folder.postgresPort, options.postgresPort);
    const ports = { gateway, keyProvisioner, postgres };
    const events = { onNotice: (text: string) => console.error(text), onFailure: fail };
    platform = await LocalPlatform.open({ config, folder, ports, progress, events });
    return isStopping ? undefined : platform.start();
  };

  const starting = start();
  try {
    const screen = await Promise.race([starting, stopWish]);
    if (screen !== undefined) {
      console.log(renderStartScreen(screen));
      await stopWish;
    }
  } finally {
    const running = platform as LocalPlatform | undefined;
    if (running !== undefined) {
      await progress.step("stopping", async (done) => {
        await running.stop();
        done(`everything is stopped, data is kept in ${folder.root}`);
      });
    }
    await Promise.race([starting.catch(() => {}), sleep(ABANDON_MS, undefined, { ref: false })]);
    endListening();
    release();
  }
}
