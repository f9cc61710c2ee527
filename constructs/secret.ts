import { TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { SECRETS } from "./secret-catalog";

/**
 * A value that must never be written down: synthesized JSON holds a reference to a sensitive
 * Terraform variable, and Terraform masks it in every plan. `expose()` is the only way out.
 *
 * @example
 * const token = Secret.fromEnvironment(stack, "TEAM_REGISTRY_TOKEN");
 */
export class Secret extends Construct {
  private readonly variable: TerraformVariable;

  /** Name of its Terraform variable. */
  readonly name: string;

  private constructor(
    scope: Construct,
    id: string,
    description: string,
    fallback?: string,
    /** Whether the state is a way back to the value. @default true */
    readonly isRecoverable = true,
  ) {
    super(scope, id);
    this.name = id;
    this.variable = new TerraformVariable(this, "Resource", {
      type: "string",
      sensitive: true,
      nullable: false,
      description,
      default: fallback,
    });
    this.variable.overrideLogicalId(id);
  }

  /**
   * A secret that `sluice init` generates. Its id is its name in the catalogue and in Terraform.
   * @param description for one that the catalogue does not know, and whose value comes as a Terraform variable
   */
  static generated(scope: Construct, name: string, description?: string): Secret {
    const known = SECRETS[name];
    if (known !== undefined) {
      return new Secret(scope, name, `${known.description} Missing? Run: npm run sluice -- init`);
    }
    return new Secret(scope, name, description ?? `Set TF_VAR_${name}.`);
  }

  /**
   * A credential from the operator's environment, such as ANTHROPIC_API_KEY. The variable is the
   * lower-cased name. Without a value it is empty, and the service reports the provider as unavailable.
   */
  static fromEnvironment(scope: Construct, envName: string): Secret {
    return new Secret(scope, envName.toLowerCase(), `Value of the environment variable ${envName}.`, "");
  }

  /** A secret that lies in a file of the host, which can be made again. */
  static ofHost(scope: Construct, name: string, description: string): Secret {
    return new Secret(scope, name, description, undefined, false);
  }

  /** All secrets below `scope`. */
  static below(scope: Construct): Secret[] {
    return scope.node.findAll().filter((node): node is Secret => node instanceof Secret);
  }

  /** A secret that may have no value: it is empty then. `sluice rotate` fills such ones, nobody generates them. */
  static optional(scope: Construct, name: string, description: string): Secret {
    return new Secret(scope, name, description, "");
  }

  /** Reference to the value. Named so that a reader sees where a secret leaves its box. */
  expose(): string {
    return this.variable.stringValue;
  }
}
