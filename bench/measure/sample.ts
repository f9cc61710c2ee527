import type { LoadResult } from "../processes/load-client";
import type { Workload } from "./workload";

/** One measurement of one target. */
export interface Sample {
  readonly load: LoadResult;
  readonly workload: Workload;
  /** Processor time of the target in the counted time, in µs; undefined for the upstream itself and without /proc. */
  readonly cpuUs: number | undefined;
  /** The same of the database's backends; only for the gateway. */
  readonly databaseCpuUs: number | undefined;
  /** Memory of the target before the load, in MB. */
  readonly idleMb: number | undefined;
  /** Most memory of the target while it was under load, in MB. */
  readonly peakMb: number | undefined;
}

/** Answers in a second. */
export const answersPerSecond = ({ load }: Pick<Sample, "load">) => load.countedAnswers / load.seconds;

/** Of the target, in µs. */
export const cpuPerAnswer = ({ cpuUs, load }: Sample) =>
  cpuUs === undefined ? undefined : cpuUs / load.countedAnswers;

/** Of the target, in µs. */
export const cpuPerChunk = ({ cpuUs, load }: Sample) =>
  cpuUs === undefined ? undefined : cpuUs / load.countedChunks;

/** Of the database's backends, in µs. */
export const databaseCpuPerAnswer = ({ databaseCpuUs, load }: Sample) =>
  databaseCpuUs === undefined ? undefined : databaseCpuUs / load.countedAnswers;

/** In ms; infinite when the target did not keep up with an open loop. */
export const latencyP50 = (sample: Sample) =>
  isSaturated(sample) ? Number.POSITIVE_INFINITY : sample.load.latency.p50 / 1000;
/** In ms; infinite when the target did not keep up with an open loop. */
export const latencyP99 = (sample: Sample) =>
  isSaturated(sample) ? Number.POSITIVE_INFINITY : sample.load.latency.p99 / 1000;
/** In ms. */
export const firstByteP50 = ({ load }: Sample) => load.firstByte.p50 / 1000;
/** In ms. */
export const chunkDelayP99 = ({ load }: Sample) => load.chunkDelay.p99 / 1000;

/** Beyond the idle process, for 1,000 open streams, in MB. */
export const memoryPerThousand = ({ idleMb, peakMb, workload }: Sample) =>
  idleMb === undefined || peakMb === undefined
    ? undefined
    : ((peakMb - idleMb) / workload.connections) * 1000;

/** Of the offered rate; below it, latencies grow with the length of the measurement and say nothing. */
const KEPT_UP = 0.995;

function isSaturated({ load, workload }: Sample): boolean {
  return answersPerSecond({ load }) < KEPT_UP * (workload.ratePerSecond ?? 0);
}
