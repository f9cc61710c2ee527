import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

/** How promtool ended, and what it printed. */
export interface PromtoolResult {
  readonly exitCode: number | null;
  readonly output: string;
}

/** A real promtool, which is fetched when it is missing. What cannot be had fails, with the remedy. */
export class Promtool {
  private constructor(readonly path: string) {}

  static ensure(): Promtool {
    const script = join(__dirname, "ensure-promtool.sh");
    const printed = execFileSync("bash", [script], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    return new Promtool(printed.trim());
  }

  /** @param input on standard input. @default - none */
  run(args: readonly string[], input = ""): PromtoolResult {
    const { status, stdout, stderr } = spawnSync(this.path, args, { encoding: "utf8", input });
    return { exitCode: status, output: stdout + stderr };
  }
}
