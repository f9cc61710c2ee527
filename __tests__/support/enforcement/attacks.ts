import type { Dialect } from "./bodies";
import { bodyAttacks } from "./body-attacks";
import { wireAttacks } from "./wire-attacks";

/** A way around the working rules that a client may try. */
export interface Attack {
  /** Number in the list of known vectors: 1 routes, 2 system rows, 3 own instructions … 13 cache marks, 18 counting. */
  readonly vector: number;
  readonly name: string;
  /** The body, `undefined` where the API has no such thing. `model` and `stream` are put in afterwards unless it has its own. */
  readonly body?: (dialect: Dialect) => object | undefined;
  /** What becomes of the bytes of the body. */
  readonly bytes?: (json: string) => Buffer | string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** @returns the path that is asked instead; `undefined` where it would be the same */
  readonly path?: (path: string) => string | undefined;
  /** APIs in which it must be refused: then nothing is sent. @default - none, it is sent with the rules */
  readonly refused?: readonly Dialect[];
  /** Text of an instruction that must stand in a turn of the user, in the gateway's frame, and not in `system`. */
  readonly framed?: string;
  /** It is refused for the length of the answer, which a count has none of. @default false */
  readonly isAboutLength?: boolean;
}

export const ATTACKS: readonly Attack[] = [...bodyAttacks, ...wireAttacks];
