const { isMainThread } = require("node:worker_threads");

/** Loaded into a service before its own code: SIGUSR2 makes its main thread stand still for `STAND_STILL_MS`, as one long computation would. */
if (isMainThread)
  process.on("SIGUSR2", () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.STAND_STILL_MS));
  });
