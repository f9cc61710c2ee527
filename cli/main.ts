import { Command, CommanderError } from "commander";
import { ConfigError } from "../constructs/config/config-error";
import { nearest } from "../constructs/config/nearest";
import { description, version } from "../package.json";
import { deployFailureAsJson, failureAsJson } from "./failure-as-json";
import { checkHome, sluiceHome } from "./sluice-home";
import { ignoreClosedOutput } from "./terminal/closed-output";
import { UserError } from "./terminal/user-error";
import { removeStalePlans } from "./terraform/plan-files";
import { explainUnwritable } from "./unwritable-file";

/** Exit code of a bug, as sysexits(3) has it (EX_SOFTWARE). What the user can mend exits with 1. */
const EXIT_BUG = 70;

type Register = (program: Command) => void;

/**
 * The commands in the order of the help. Each is loaded when it is asked for: what `start` needs is
 * there in a tenth of the time that CDKTF takes to load.
 */
const COMMANDS: Readonly<Record<string, () => Register>> = {
  start: () => (require("./commands/start") as typeof import("./commands/start")).registerStart,
  init: () => (require("./commands/init") as typeof import("./commands/init")).registerInit,
  diff: () => (require("./commands/diff") as typeof import("./commands/diff")).registerDiff,
  review: () => (require("./commands/review") as typeof import("./commands/review")).registerReview,
  deploy: () => (require("./commands/deploy") as typeof import("./commands/deploy")).registerDeploy,
  status: () => (require("./commands/status") as typeof import("./commands/status")).registerStatus,
  logs: () => (require("./commands/logs") as typeof import("./commands/logs")).registerLogs,
  outputs: () => (require("./commands/outputs") as typeof import("./commands/outputs")).registerOutputs,
  verify: () => (require("./commands/verify") as typeof import("./commands/verify")).registerVerify,
  coder: () => (require("./commands/coder") as typeof import("./commands/coder")).registerCoder,
  certs: () => (require("./commands/certs") as typeof import("./commands/certs")).registerCerts,
  rotate: () => (require("./commands/rotate") as typeof import("./commands/rotate")).registerRotate,
  images: () => (require("./commands/images") as typeof import("./commands/images")).registerImages,
  destroy: () => (require("./commands/destroy") as typeof import("./commands/destroy")).registerDestroy,
};

/**
 * Runs one command of the CLI.
 * @param args the command and its arguments, without node and script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  ignoreClosedOutput();
  try {
    const unknown = unknownCommand(args);
    if (unknown !== undefined) {
      if (wantsJson(args)) printJson(failureAsJson(new UserError(`unknown command '${unknown}'`)));
      console.error(`error: unknown command '${unknown}'\n(see: sluice --help)`);
      suggestCommand(unknown);
      return 1;
    }
    await buildProgram(args[0]).parseAsync(args, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (wantsJson(args) && !(error instanceof CommanderError && error.exitCode === 0)) {
      printJson(args[0] === "deploy" ? deployFailureAsJson(error) : failureAsJson(error));
    }
    if (error instanceof CommanderError) {
      // Commander has already written its text.
      return error.exitCode;
    }
    if (error instanceof UserError || error instanceof ConfigError) {
      console.error(`error: ${error.message}`);
      return error instanceof UserError ? error.exitCode : 1;
    }
    const unwritable = explainUnwritable(error);
    console.error(unwritable === undefined ? error : `error: ${unwritable.message}`);
    return unwritable?.exitCode ?? EXIT_BUG;
  }
}

/** Looked up by hand: a usage error comes before Commander has read the options. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end === -1 ? args.length : end).includes("--json");
}

function printJson(failure: object): void {
  console.log(JSON.stringify(failure, null, 2));
}

/** The command that is asked for, or asked about, and does not exist; commander shows its general help for `help nonsense`. */
function unknownCommand([first, second]: readonly string[]): string | undefined {
  const asked = first === "help" ? second : first;
  return asked === undefined || asked === "help" || asked.startsWith("-") || Object.hasOwn(COMMANDS, asked)
    ? undefined
    : asked;
}

/** Commander itself would suggest `start` for `statu`: of five letters only three are the same. */
function suggestCommand(asked: string): void {
  const meant = nearest(asked, Object.keys(COMMANDS));
  if (meant !== undefined) console.error(`Did you mean ${meant}?`);
}

/** The program with the command `asked` for, or with all of them when that is none: for help and suggestions. */
function buildProgram(asked: string | undefined): Command {
  const program = new Command("sluice")
    .description(description)
    .version(version)
    .exitOverride()
    .showHelpAfterError("(see: sluice --help)")
    .showSuggestionAfterError(false)
    .hook("preAction", () => {
      checkHome(sluiceHome());
      removeStalePlans();
    })
    .addHelpText(
      "after",
      `
Examples:
  npm start                     everything on this machine, without Docker or an API key
  npm run deploy                the platform that platform.yaml declares, in Docker
  npm run sluice -- <command>   any other command`,
    );
  const only = asked === undefined ? undefined : COMMANDS[asked];
  for (const load of only === undefined ? Object.values(COMMANDS) : [only]) load()(program);
  for (const command of program.commands) command.copyInheritedSettings(program).showSuggestionAfterError();
  return program;
}

if (require.main === module) {
  void main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}
