import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandResult } from "../applied/applied-platform";
import { PROJECT } from "../source-files";

/** Of the machine, not of this project or its user. */
const KEPT_VARIABLES =
  /^(PATH|LANG|TERM|DOCKER_HOST|TF_CLI_CONFIG_FILE|TERRAFORM_BINARY_NAME|.*_proxy|.*PROXY|.*CERT.*|.*CA_BUNDLE|npm_config_cafile)$/;

/** The project as somebody has it who has just cloned it, on a machine where they have never done anything. */
export class FreshCheckout {
  readonly #root = mkdtempSync(join(tmpdir(), "sluice-checkout-"));
  readonly folder = join(this.#root, "sluice");
  readonly #home = join(this.#root, "home");
  #exported: Record<string, string> = {};

  constructor() {
    mkdirSync(this.#home);
    mkdirSync(this.folder);
    // The working tree rather than the last commit: what is being changed is what is tested.
    const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: PROJECT,
    });
    const archive = execFileSync("tar", ["--null", "--files-from=-", "--ignore-failed-read", "-cf", "-"], {
      cwd: PROJECT,
      input: files,
      maxBuffer: 512 * 1024 * 1024,
    });
    execFileSync("tar", ["-xf", "-"], { cwd: this.folder, input: archive });
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: this.folder });
    git("init", "--quiet");
    git("add", "--all");
    git("commit", "--quiet", "--message", "clone");
  }

  /** Sets a variable for all that is typed later. */
  export(name: string, value: string): void {
    this.#exported = { ...this.#exported, [name]: value };
  }

  /** Types a command into a shell in the checkout. */
  type(command: string): CommandResult {
    return this.#run("bash", ["-o", "pipefail", "-c", command]);
  }

  /** Types a command at a terminal, and an answer to its question. */
  typeAndAnswer(command: string, answer: string): CommandResult {
    return this.#run("script", ["--quiet", "--return", "--command", command, "/dev/null"], `${answer}\n`);
  }

  /** Files that git would take into a commit. */
  untracked(): string[] {
    const { output } = this.type("git status --porcelain --untracked-files=all");
    return output.split("\n").filter(Boolean);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  #run(command: string, args: readonly string[], input = ""): CommandResult {
    const kept = Object.entries(process.env).filter(([name]) => KEPT_VARIABLES.test(name));
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: this.folder,
      encoding: "utf8",
      input,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...Object.fromEntries(kept), ...this.#exported, HOME: this.#home },
    });
    return { exitCode: status ?? -1, output: stdout + stderr };
  }
}
