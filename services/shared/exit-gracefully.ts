import closeWithGrace from "close-with-grace";
import type { Logger } from "pino";

/** Settings of `exitGracefully`. */
export interface GracefulExit {
  readonly logger: Logger;
  /** Signals that mean something else to the process. @default none */
  readonly otherSignals?: readonly "SIGHUP"[];
  /** After this the process exits with 1 whatever is still open, in milliseconds. */
  readonly limitMs: number;
  /** Closes everything the process holds. */
  readonly close: () => Promise<void>;
}

/**
 * Closes on SIGTERM, SIGINT and on an error nobody caught, then exits: 0 after a signal, 1 after an error.
 * A second signal while closing exits at once with 1.
 */
export function exitGracefully({ logger, otherSignals = [], limitMs, close }: GracefulExit): void {
  closeWithGrace(
    {
      delay: limitMs,
      skip: [...otherSignals],
      logger: { error: (message?: unknown) => logger.error({ err: message }, "error while closing") },
      onTimeout: () => logger.error({ limitMs }, "closing took too long"),
    },
    async ({ signal, err }) => {
      if (err) logger.fatal({ err }, "uncaught error, closing");
      else logger.info({ signal }, "closing");
      await close();
      logger.info("closed");
    },
  );
}
