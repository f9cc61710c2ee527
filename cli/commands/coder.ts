import type { Command } from "commander";
import { loadPlatform } from "../../constructs/config/load";
import { platformFile } from "../../constructs/config/platform-file";
import type { PlatformConfig } from "../../constructs/config/schema";
import { bootstrapCoder } from "../coder/bootstrap";
import { bootstrapProps, DEFERRED_BOOTSTRAP, firstUserPassword } from "../coder/bootstrap-props";
import { sluiceHome } from "../sluice-home";
import { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";

interface BootstrapOptions {
  readonly json?: boolean;
}

interface AdminOptions {
  readonly showPassword?: boolean;
  readonly json?: boolean;
}

/** `sluice coder …`: what is done in Coder besides Terraform. */
export function registerCoder(program: Command): void {
  const coder = program.command("coder").description("set up Coder, and show who owns it");
  coder
    .command("bootstrap")
    .description(
      "make Coder's first user, the platform's own users and their tokens, where they are missing (deploy does this by itself)",
    )
    .option("--json", "the result as JSON on stdout")
    .addHelpText(
      "after",
      `
May run at any time: tokens that work are kept, others are made again and the former ones deleted.
The owner logs in only for that, and out again. No password or token is shown.`,
    )
    .action(bootstrap);
  coder
    .command("admin")
    .description("show the user name of Coder's owner")
    .option("--show-password", "ALSO PRINT THE PASSWORD that the first user was made with")
    .option("--json", "as JSON, for scripts")
    .action(admin);
  for (const command of coder.commands) command.copyInheritedSettings(program).showSuggestionAfterError();
}

async function bootstrap({ json = false }: BootstrapOptions): Promise<void> {
  if (process.env[DEFERRED_BOOTSTRAP]) {
    console.log("Coder is set up by the deploy that runs, once this apply is done.");
    return;
  }
  const home = sluiceHome();
  const props = bootstrapProps(home, declaredCoder());
  const result = await bootstrapCoder({ ...props, progress: new Progress({ quiet: json }) });
  if (json) console.log(JSON.stringify(result, null, 2));
  else if (result.deleted_tokens > 0)
    console.log(`Former tokens that were deleted: ${result.deleted_tokens}`);
}

function admin({ showPassword = false, json = false }: AdminOptions): void {
  const { username, email } = declaredCoder().coder.admin;
  const password = showPassword ? firstUserPassword(sluiceHome()) : undefined;
  if (json) {
    console.log(JSON.stringify({ username, email, ...(password && { password }) }, null, 2));
    return;
  }
  console.log(`username  ${username}\nemail     ${email}`);
  console.log(
    password === undefined
      ? "password  as it was made: npm run sluice -- coder admin --show-password"
      : `password  ${password}`,
  );
}

/** @throws UserError when the platform has no Coder */
function declaredCoder(): PlatformConfig {
  const config = loadPlatform(platformFile());
  if (config.coder.enabled) return config;
  throw new UserError("this platform has no Coder (coder.enabled: false)", "set it to true, and deploy");
}
