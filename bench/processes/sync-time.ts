import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { median } from "../statistics/median";

const WRITES = 40;

/** How long the disk takes to make 8 KiB durable: median, in ms. An audit row cannot be faster. */
export function syncTime(folder: string): number {
  const path = join(folder, "sync-time");
  const file = openSync(path, "w");
  const page = Buffer.alloc(8192, "x");
  const times: number[] = [];
  try {
    for (let write = 0; write < WRITES; write += 1) {
      const start = process.hrtime.bigint();
      writeSync(file, page, 0, page.length, write * page.length);
      fdatasyncSync(file);
      times.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
  return median(times) ?? 0;
}
