/** Something that requests are sent to. */
export interface Target {
  /** As tables show it. */
  readonly name: TargetName;
  readonly port: number;
  /** Of the process whose time and memory count; undefined for the upstream itself. */
  readonly pid: number | undefined;
  /** Texts that the target must put into every prompt, see `UpstreamProfile.added`. @default - none */
  readonly addedTexts?: readonly string[];
  /** Checks what a target must have kept of its answers; throws what is wrong. */
  readonly check?: (expected: ExpectedBooks) => Promise<void>;
  /** Ends the process and starts it afresh, for measurements of memory. @returns the new target */
  readonly restart: () => Promise<Target>;
  readonly stop: () => Promise<void>;
}

/**
 * `D` the upstream without anything between, `N` nginx, `B` a bare proxy of Fastify and undici, `H` a bare proxy of
 * `node:http` and undici, `ours` the gateway.
 */
export type TargetName = "D" | "N" | "B" | "H" | "ours";

/** What was answered since the last check. */
export interface ExpectedBooks {
  readonly answers: number;
  /** Tokens that the upstream put on its bill. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}
