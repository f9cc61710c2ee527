import { rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { CoderdProvider } from "@cdktf/provider-coderd/lib/provider";
import { Template } from "@cdktf/provider-coderd/lib/template";
import { User } from "@cdktf/provider-coderd/lib/user";
import { type App, Fn, LocalBackend, TerraformOutput, TerraformStack, Token } from "cdktf";
import { Construct } from "constructs";
import { bootstrapCommand } from "./coder-bootstrap";
import type { PlatformConfig } from "./config/schema";
import { contentHash } from "./content-hash";
import { fingerprint } from "./fingerprint";
import { HostFact } from "./host-fact";
import { coderUrl } from "./local-url";
import { Secret } from "./secret";
import { CODER_STACK, PROVIDER_TOKEN, WORKSPACE_TEMPLATE } from "./stack-id";
import { TerraformData } from "./terraform-data";
import type { SynthesizedTemplate } from "./workspace/synthesize";
import type { TemplateVariable } from "./workspace/template-variables";

/** Version of coder/coderd, exactly: that of the bindings. */
const CODERD_PROVIDER_VERSION = "0.0.23";

/** File of the template that holds the version's name. */
const VERSION_FILE = "VERSION";

const HOUR_MS = 3_600_000;

/** Props of `CoderStack`. */
export interface CoderStackProps {
  readonly config: PlatformConfig;
  /** Folder of the local state. @default ".sluice/state" in the project */
  readonly stateFolder?: string;
  /** @default - neither template nor users: an apply removes those that are there */
  readonly template?: {
    /** As `synthesizeWorkspaceTemplate` makes it. */
    readonly files: SynthesizedTemplate;
    /** Reference of the image that workspaces are made of. */
    readonly image: string;
  };
}

/**
 * What the platform keeps in Coder: the workspace template and the users. A stack of its own, since its provider asks Coder already
 * when a plan is made. Nothing in it needs a licence of Coder.
 *
 * @example
 * const config = parsePlatform("apiVersion: sluice/v1");
 * const app = new App();
 * const platform = new PlatformStack(app, { config });
 * const files = synthesizeWorkspaceTemplate("cdktf.out", config);
 * const template = { files, image: "team/workspace:1" };
 * new CoderStack(app, { config, template }).addDependency(platform);
 */
export class CoderStack extends TerraformStack {
  constructor(scope: App, props: CoderStackProps) {
    super(scope, CODER_STACK);
    const { config, stateFolder = resolve(__dirname, "../.sluice/state"), template } = props;
    const stackFolder = resolve(scope.outdir, "stacks", CODER_STACK);
    new LocalBackend(this, { path: join(relative(stackFolder, stateFolder), `${CODER_STACK}.tfstate`) });
    const token = Secret.generated(
      this,
      PROVIDER_TOKEN,
      "Token of the platform's own user in Coder. Missing? Run: npm run sluice -- coder bootstrap",
    );
    new CoderdProvider(this, "coderd", { url: coderUrl(config), token: token.expose() });
    this.addOverride("terraform.required_providers.coderd.version", CODERD_PROVIDER_VERSION);
    if (template === undefined) return;
    this.template(template.files, template.image, stackFolder, config);
    this.users(config.coder.users);
  }

  /** A version that does not import fails the apply, and the active one stays active. */
  private template(
    { directory, variables }: SynthesizedTemplate,
    image: string,
    stackFolder: string,
    { workspaces }: PlatformConfig,
  ) {
    // None is secret: they are kept in the state, and template admins can read them.
    const values: Record<TemplateVariable, string> = {
      ...variables,
      workspace_image: image,
      ca_certificate: HostFact.of(this, "ca_certificate").value,
    };
    const files = filesHash(directory);
    // The provider hashes contents alone: without this a file that was only renamed would never reach Coder.
    writeFileSync(join(directory, VERSION_FILE), `${files}\n`);
    const version = `${files}-${variablesHash(values)}`;
    const template = new Template(this, "template", {
      name: WORKSPACE_TEMPLATE,
      displayName: "AI workspace",
      description:
        "An IDE in the browser with AI assistants, whose key, rules and budget come by themselves.",
      icon: "/icon/code.svg",
      defaultTtlMs: workspaces.autostopHours * HOUR_MS,
      versions: [
        {
          name: version,
          // Of the folder that Terraform runs in, so that two checkouts synthesize the same.
          directory: relative(stackFolder, resolve(directory)),
          active: true,
          tfVars: Object.entries(values).map(([name, value]) => ({ name, value })),
        },
      ],
    });
    template.overrideLogicalId("workspace");
    this.output(
      "workspace_template",
      `${WORKSPACE_TEMPLATE}, version ${version}`,
      "Template of the workspaces",
    );
  }

  private users(users: PlatformConfig["coder"]["users"]) {
    const below = new Construct(this, "users");
    const made = users.map(({ username, email, name, login, passwordEnv }) => {
      const user = new User(below, username, {
        username,
        email,
        name,
        loginType: login,
        // The first one only: it is the user's to change.
        lifecycle: { ignoreChanges: ["password"] },
        password: passwordEnv && Secret.fromEnvironment(below, passwordEnv).expose(),
      });
      user.overrideLogicalId(`user_${username}`);
      return user;
    });
    const roles = users.flatMap(({ username, roles }) => (roles === undefined ? [] : [{ username, roles }]));
    if (roles.length > 0) {
      // Only the owner may give most of them, and the provider never works as the owner.
      const step = new TerraformData(below, "roles", {
        triggersReplace: roles,
        dependsOn: made,
        provisioners: [bootstrapCommand(below)],
      });
      step.overrideLogicalId("roles");
    }
    const names = users.map(({ username }) => username);
    this.output("coder_users", names, "Users that platform.yaml declares");
  }

  private output(name: string, value: unknown, description: string) {
    new TerraformOutput(this, name, { value, description, staticId: true });
  }
}

/** The same files have the same hash, wherever they are synthesized. */
function filesHash(directory: string): string {
  rmSync(join(directory, VERSION_FILE), { force: true });
  return contentHash(directory, ["."]);
}

/** Other values need another name of the version, too; those of the host only Terraform knows. */
function variablesHash(variables: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1));
  if (!sorted.some(([, value]) => Token.isUnresolved(value))) return fingerprint(sorted).slice(0, 6);
  return Token.asString(Fn.substr(Fn.sha256(Fn.jsonencode(sorted)), 0, 6));
}
