import { parentPort, workerData } from "node:worker_threads";
import { createLogger } from "../shared/logger";
import { type HeartbeatData, runHeartbeats } from "./store/postgres/heartbeat-loop";

/** The thread of `HeartbeatThread`. A program of its own, so that it holds little beside the driver of the database. */
if (parentPort !== null) {
  const data = workerData as HeartbeatData;
  const logger = createLogger({ name: "gateway-heartbeat", level: data.logLevel });
  void runHeartbeats(data, parentPort, logger);
}
