import closeWithGrace from "close-with-grace";
import type { Logger } from "pino";

/** A time before the end in which everything is still served. */
export interface LameDuck {
  /** In milliseconds; 0 for none. */
  readonly durationMs: number;
  /** Tells whoever sends requests to send no more. */
  readonly begin: () => void;
}

/** Settings of `exitGracefully`. */
export interface GracefulExit {
  readonly logger: Logger;
  /** Signals that mean something else to the process. @default none */
  readonly otherSignals?: readonly "SIGHUP"[];
  /** Comes before `close` after a SIGTERM, which is what a machine says. @default - none */
  readonly lameDuck?: LameDuck;
  /** From the beginning of `close`: after this the process exits with 1 whatever is still open, in milliseconds. */
  readonly limitMs: number;
  /** Closes everything the process holds. */
  readonly close: () => Promise<void>;
}

/**
 * Closes on SIGTERM, SIGINT and on an error nobody caught, then exits: 0 after a signal, 1 after an error. A second signal ends the lame duck
 * at once; one while closing exits at once with 1.
 */
export function exitGracefully({ logger, otherSignals = [], lameDuck, limitMs, close }: GracefulExit): void {
  const isPatient = lameDuck !== undefined && lameDuck.durationMs > 0;
  const grace = closeWithGrace(
    {
      delay: limitMs,
      skip: isPatient ? [...otherSignals, "SIGTERM"] : [...otherSignals],
      logger: { error: (message?: unknown) => logger.error({ err: message }, "error during shutdown") },
      onTimeout: () => logger.error({ limitMs }, "shutdown timed out"),
    },
    async ({ signal, err }) => {
      clearTimeout(timer);
      isClosing = true;
      if (err) logger.fatal({ err }, "uncaught error, shutting down");
      else logger.info({ signal }, "shutting down");
      await close();
      logger.info("shut down");
    },
  );
  let timer: NodeJS.Timeout | undefined;
  let isClosing = false;
  if (!isPatient) return;
  process.on("SIGTERM", () => {
    if (isClosing) {
      logger.error("second SIGTERM, exiting");
      process.exit(1);
    }
    if (timer !== undefined) {
      grace.close();
      return;
    }
    logger.info(
      { signal: "SIGTERM", lameDuckMs: lameDuck.durationMs },
      "draining: no longer ready, still serving requests",
    );
    lameDuck.begin();
    timer = setTimeout(grace.close, lameDuck.durationMs);
  });
}
