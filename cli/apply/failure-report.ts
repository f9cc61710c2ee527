import { setTimeout as sleep } from "node:timers/promises";
import { conditionOf, faultOf } from "../docker/container-fault";
import { docker } from "../docker/docker";
import { containerName, type EngineContainer, inspectObjects, platformContainers } from "../docker/objects";

/** Lines of a log that are shown. */
const LOG_LINES = 20;
/** Of a container that ends again and again, how long its next end is waited for, and how often it is looked at, in milliseconds. */
const END_MS = 10_000;
const INTERVAL_MS = 200;
/** Longest output of a health check that is shown, in characters. */
const MAX_HEALTH_OUTPUT = 500;

/** What the engine says of the containers of a platform that are not well, one paragraph each; empty when all are. */
export async function reportFailures(platform: string): Promise<string[]> {
  const sick = (await platformContainers(platform)).filter(isSick);
  return Promise.all(sick.map(async (container) => describe(await atItsEnd(container))));
}

/**
 * A container that ends again and again says why between two starts alone: at each start the engine forgets the exit code, and that it
 * was killed for lack of memory.
 */
async function atItsEnd(container: EngineContainer): Promise<EngineContainer> {
  if (container.RestartCount === 0) return container;
  const end = performance.now() + END_MS;
  let found = container;
  while (found.State.Status === "running" && performance.now() < end) {
    await sleep(INTERVAL_MS);
    [found = container] = await inspectObjects("container", [container.Id]);
  }
  return found.State.Status === "running" ? container : found;
}

/** The same in a line for each container. */
export async function summarizeFailures(platform: string): Promise<string[]> {
  const sick = (await platformContainers(platform)).filter(isSick);
  return sick.map((container) => `${containerName(container)} is ${stateOf(container)}`);
}

function isSick(container: EngineContainer): boolean {
  return faultOf(conditionOf(container)) !== undefined;
}

async function describe(container: EngineContainer): Promise<string> {
  const { Id, State } = container;
  const log = await docker(["logs", "--tail", String(LOG_LINES), Id], { stderr: "with stdout" }).catch(
    (error: Error) => error.message,
  );
  const last = State.Health?.Log?.at(-1);
  return [
    `${containerName(container)}: ${stateOf(container)}`,
    ...(last === undefined || last.ExitCode === 0
      ? []
      : [`  last health check: exit code ${last.ExitCode} ${oneLine(last.Output)}`.trimEnd()]),
    "  last lines of its log:",
    ...(log.trim() || "(nothing)").split("\n").map((line) => `    ${line}`),
    `  → ${remedyOf(container)}`,
  ].join("\n");
}

function stateOf({ State, RestartCount }: EngineContainer): string {
  const health =
    State.Health === undefined || State.Status !== "running" ? "" : `, health ${State.Health.Status}`;
  const exit = State.Status === "running" ? "" : `, exit code ${State.ExitCode}`;
  const memory = State.OOMKilled ? ", killed for lack of memory" : "";
  const restarts = RestartCount === 0 ? "" : `, restarted ${RestartCount} times`;
  return `${State.Status}${health}${exit}${memory}${restarts}`;
}

function remedyOf(container: EngineContainer): string {
  const { State, RestartCount } = container;
  // A process that the kernel ended beside the first one leaves no other mark than this exit code.
  if (faultOf(conditionOf(container)) === "out of memory" || State.ExitCode === 137)
    return "give it more memory: memoryMegabytes under resources";
  if (State.ExitCode !== 0 || RestartCount > 0) return "correct what its log says, and deploy again";
  if (State.Status === "created") return "it was not started: the error above says why";
  return `see what it waits for: docker logs --follow ${containerName(container)}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, MAX_HEALTH_OUTPUT);
}
