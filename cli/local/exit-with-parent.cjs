/**
 * Loaded into each service of the local platform before its own code. When the process that started it
 * is gone without having stopped it (kill -9), the channel between them closes: the service then stops itself.
 */
if (process.channel) {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  // The channel alone is no reason to keep running.
  process.channel.unref();
}
