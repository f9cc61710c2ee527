import { UserError } from "../cli/terminal/user-error";
import { readOptions } from "./options";
import { exitCode } from "./report/exit-code";
import { report } from "./report/report";
import { writeResult } from "./report/write-result";
import { run } from "./run";
import type { Stop } from "./start-laboratory";

/** `npm run bench`: see README.md. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const stops: Stop[] = [];
  let stopping: Promise<void> | undefined;
  const stopAll = () => {
    stopping ??= stopInReverse(stops);
    return stopping;
  };
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.once(signal, () => void stopAll().finally(() => process.exit(code)));
  }
  try {
    const result = await run(options, stops, (line) => console.error(line));
    const text = report(result);
    console.log(`\n${text}`);
    // A short round says nothing about speed, so it leaves no record.
    if (!options.isQuick) console.error(`written to ${writeResult(result.date, text)}`);
    return exitCode(result);
  } finally {
    await stopAll();
  }
}

async function stopInReverse(stops: readonly Stop[]): Promise<void> {
  for (const stop of stops.toReversed()) {
    await Promise.resolve()
      .then(stop)
      .catch((error: unknown) => console.error(error));
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof UserError ? error.message : error);
    process.exit(1);
  },
);
