import type { PlatformConfig } from "../../constructs/config/schema";
import { containerName, inspectObjects } from "../docker/objects";
import { creates, nameOf, type Plan, removes } from "../terraform/planned-changes";
import { checkCoder } from "./coder";
import { type EngineFacts, readEngineFacts } from "./engine-facts";
import { checkEngine, checkLimits } from "./engine-limits";
import type { Finding } from "./finding";
import { checkPorts } from "./host-ports";
import { checkSubnets } from "./subnets";

/** What was looked at, and what could not be. */
export interface Preflight {
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/**
 * Everything that can be checked before the first change.
 * @param orphans ids of containers of the platform that are removed before the apply
 * @throws UserError when the engine does not answer
 */
export async function checkBeforeApply(
  config: PlatformConfig,
  { changes }: Plan,
  orphans: readonly string[],
): Promise<Preflight> {
  const engine = await readEngineFacts();
  const containers = changes.filter(({ type }) => type === "docker_container");
  const going = new Set([
    ...orphans,
    ...containers.filter(removes).map(({ before }) => String(before?.["id"])),
  ]);
  const findings = [
    ...checkEngine(engine),
    ...checkLimits(config.name, containers, engine),
    ...(await checkPorts(config.ports, containers, engine, going)),
    ...checkSubnets(config.name, changes, engine),
    ...checkCoder(config, engine),
    ...(await checkNames(
      containers.filter(creates).map(({ after }) => nameOf(after)),
      going,
    )),
  ];
  return { findings, notes: notesOn(engine) };
}

/** A container with a name of ours that is not ours. */
async function checkNames(names: readonly string[], going: ReadonlySet<string>): Promise<Finding[]> {
  const taken = (await inspectObjects("container", names)).filter(({ Id }) => !going.has(Id));
  return taken.map(containerName).map((name) => ({
    path: "name",
    problem: `a container named ${name} is there that does not belong to this platform`,
    allowed: "a name whose containers do not exist yet",
    remedy: `remove it (docker rm --force ${name}), or choose another name`,
  }));
}

function notesOn({ isLocal, freeDiskBytes }: EngineFacts): string[] {
  if (!isLocal)
    return [
      "the engine is on another machine: ports of its other programs, its disk and its folders are not checked",
    ];
  return freeDiskBytes === undefined ? ["the engine's free disk space cannot be told"] : [];
}
