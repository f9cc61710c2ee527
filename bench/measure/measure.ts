import { cpuTime, cpuTimeOfChildren } from "../processes/cpu-time";
import { runLoad } from "../processes/load-client";
import { residentMemory } from "../processes/resident-memory";
import { bodyFile } from "../requests/body-file";
import { PATHS, prepareRequest } from "../requests/prompt";
import type { Target } from "../targets/target";
import { assertRight } from "./assert-right";
import type { Laboratory } from "./laboratory";
import type { Sample } from "./sample";
import { statsDifference } from "./stats-difference";
import { stopwatch } from "./stopwatch";
import type { Workload } from "./workload";

const WARMUP_MS = 1000;
const MEMORY_EVERY_MS = 50;

/**
 * Puts a load on a target for some seconds.
 * @throws Error when an answer or what was recorded of it is wrong: a fast wrong answer is no measurement
 */
export async function measure(
  laboratory: Laboratory,
  target: Target,
  workload: Workload,
  seconds: number,
): Promise<Sample> {
  const { upstream, tools, cores, database, keysFile } = laboratory;
  const { api = "chat-completions", chunks = 1, paceMs = 0, delayMs = 0, warmupMs = WARMUP_MS } = workload;
  const { body, promptSha256 } = prepareRequest(workload.isStream, workload.bodyBytes, api);
  await upstream.setProfile({
    delayMs,
    chunks,
    jsonChunks: chunks,
    paceMs,
    promptSha256,
    added: target.addedTexts ?? [],
    watchClose: false,
  });
  const before = await upstream.stats();
  const { pid } = target;
  const idleMb = pid === undefined ? undefined : residentMemory(pid);
  let peakMb = idleMb;
  const watch = setInterval(() => {
    const now = pid === undefined ? undefined : residentMemory(pid);
    if (now !== undefined) peakMb = Math.max(peakMb ?? 0, now);
  }, MEMORY_EVERY_MS);
  const processor = stopwatch(() => (pid === undefined ? undefined : cpuTime(pid)));
  const backends = stopwatch(() =>
    target.name === "ours" && database.pid !== undefined ? cpuTimeOfChildren(database.pid) : undefined,
  );
  try {
    const load = await runLoad(
      tools.load,
      cores?.load,
      {
        port: target.port,
        path: PATHS[api],
        connections: workload.connections,
        ratePerSecond: workload.ratePerSecond ?? 0,
        warmupMs,
        durationMs: seconds * 1000,
        isStream: workload.isStream,
        chunks,
        bodyFile: bodyFile(laboratory.folder, body),
        keysFile,
        abortAfter: 0,
        refusals: [],
        timeoutMs: 30_000,
      },
      {
        onBegin: () => {
          processor.begin();
          backends.begin();
        },
        onEnd: () => {
          processor.end();
          backends.end();
        },
      },
    );
    const billed = statsDifference(await upstream.stats(), before);
    assertRight(load, billed);
    await target.check?.({
      answers: load.answers,
      inputTokens: billed.inputTokens,
      outputTokens: billed.outputTokens,
    });
    return {
      load,
      workload,
      cpuUs: processor.elapsed(),
      databaseCpuUs: backends.elapsed(),
      idleMb,
      peakMb,
    };
  } finally {
    clearInterval(watch);
  }
}
