import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { MAX_PROMPT_BYTES } from "./prompt";
import type { PromptRead } from "./prompt-file";

/** Reads a prompt's file, at most one byte more than a prompt may have. Never throws, never waits for a pipe. */
export function readPrompt(path: string): PromptRead {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(file).isFile()) return { unreadable: "not a file" };
    const buffer = Buffer.alloc(MAX_PROMPT_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const read = readSync(file, buffer, length, buffer.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return { bytes: Buffer.from(buffer.subarray(0, length)) };
  } catch (error) {
    return { unreadable: (error as NodeJS.ErrnoException).code ?? "unreadable" };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
