import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What a run of the tests could leave behind on a machine: a kind of thing → names, sorted. */
export type MachineState = Readonly<Record<string, readonly string[]>>;

/** Names that tests give: those of others on the same engine are none of our business. */
const TEST_NAME = /^(?:(?:acc|doc|faults)\d+|sluice-test)/;

const RULES = "rules of workspace firewalls";

/** Where a service manager keeps what it starts at boot. */
const UNITS = "/etc/systemd/system";

/** Takes stock; what cannot be asked, such as an engine that is not there, counts as empty. */
export function takeMachineState(home = homedir(), units = UNITS): MachineState {
  return {
    ...takeHomeState(home),
    "enabled at boot": namesIn(units)
      .filter((name) => name.endsWith(".wants"))
      .flatMap((folder) => namesIn(join(units, folder)).map((unit) => `${folder}/${unit}`)),
    containers: fromEngine("ps", "--all", "--format", "{{.Names}}"),
    networks: fromEngine("network", "ls", "--format", "{{.Name}}"),
    volumes: fromEngine("volume", "ls", "--format", "{{.Name}}"),
    // Named by a hash, so those of others are among them, and are there before as well.
    [RULES]:
      spawnSync("nft", ["list", "tables"], { encoding: "utf8" })
        .stdout?.split("\n")
        .filter((line) => line.includes(" sluice-"))
        .sort() ?? [],
    images: fromEngine("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").filter(
      // Built once and used again, like the rest of the cache; `removeOldImages` bounds them.
      (name) => !/^sluice-tests\/(gateway|workspace):/.test(name),
    ),
  };
}

/** The part of it that is in HOME. */
export function takeHomeState(home = homedir()): MachineState {
  return {
    "in the home folder": namesIn(home),
    // Of the cache folder itself the tests own `sluice`, and tell so.
    "in the home folder's .cache": namesIn(join(home, ".cache")).filter((name) => name !== "sluice"),
  };
}

/** What is in `after` and was not there `before`, or the other way round; one line each. */
export function differences(before: MachineState, after: MachineState): string[] {
  return Object.keys(after).flatMap((kind) => {
    // A firewall that starts removes rules of networks that are gone.
    const [had = [], has = []] = [kind === RULES ? [] : before[kind], after[kind]];
    const known = before[kind] ?? [];
    return [
      ...has.filter((name) => !known.includes(name)).map((name) => `left ${kind}: ${name}`),
      ...had.filter((name) => !has.includes(name)).map((name) => `missing ${kind}: ${name}`),
    ];
  });
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function fromEngine(...args: string[]): string[] {
  const { status, stdout } = spawnSync("docker", args, { encoding: "utf8", timeout: 60_000 });
  return status === 0
    ? stdout
        .split("\n")
        .filter((name) => TEST_NAME.test(name))
        .sort()
    : [];
}
