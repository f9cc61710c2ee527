import { UserError } from "../cli/terminal/user-error";
import { readOptions } from "./options";
import { exitCode } from "./report/exit-code";
import { report } from "./report/report";
import { writeResult } from "./report/write-result";
import { run } from "./run";
import { runSoak } from "./soak/run-soak";
import { soakExitCode, soakReport } from "./soak/soak-report";
import type { Stop } from "./start-laboratory";
import { runYear } from "./year/run-year";
import { yearExitCode, yearReport } from "./year/year-report";

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
    const say = (line: string) => console.error(line);
    if (options.mode === "year") {
      const result = await runYear(options, stops, say);
      const text = yearReport(result);
      console.log(`\n${text}`);
      console.error(`written to ${writeResult(result.date, text, "year")}`);
      return yearExitCode(result);
    }
    if (options.mode === "soak") {
      const result = await runSoak(options, stops, say);
      const text = soakReport(result);
      console.log(`\n${text}`);
      console.error(`written to ${writeResult(result.date, text, "soak")}`);
      return soakExitCode(result);
    }
    const result = await run(options, stops, say);
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
