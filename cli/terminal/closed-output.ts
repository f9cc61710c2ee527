/** What a write says when nobody reads any more: a closed pipe, a closed terminal. */
const GONE = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"]);

const ignore = (error: NodeJS.ErrnoException) => {
  if (!GONE.has(error.code ?? "")) throw error;
};

/** From here on a closed output, as after `| head -1`, does not end the process: work in progress continues. Idempotent. */
export function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners("error").includes(ignore)) stream.on("error", ignore);
  }
}
