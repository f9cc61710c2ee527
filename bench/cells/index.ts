import type { Cell } from "./cell";
import { jsonCells } from "./json";
import { largeBodyCells } from "./large-bodies";
import { streamCells } from "./streams";

/** Every cell, in the order of its goals. */
export const cells: readonly Cell[] = [...jsonCells, ...streamCells, ...largeBodyCells];
