import { TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { PREVIOUS_MASTER_KEY, SECRETS, type SecretName } from "./secret-catalog";

/**
 * A value that must never be written down: synthesized JSON holds a reference to a sensitive
 * Terraform variable, and Terraform masks it in every plan. `expose()` is the only way out.
 */
export class Secret extends Construct {
  private readonly variable: TerraformVariable;

  /** Name of its Terraform variable. */
  readonly name: string;

  private constructor(scope: Construct, id: string, description: string, fallback?: string) {
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

  /** A secret that `sluice init` generates. Its id is its name in the catalogue and in Terraform. */
  static generated(scope: Construct, name: SecretName): Secret {
    return new Secret(scope, name, `${SECRETS[name].description} Missing? Run: npm run sluice -- init`);
  }

  /**
   * A credential from the operator's environment, such as ANTHROPIC_API_KEY. The variable is the
   * lower-cased name. Without a value it is empty, and the service reports the provider as unavailable.
   */
  static fromEnvironment(scope: Construct, envName: string): Secret {
    return new Secret(scope, envName.toLowerCase(), `Value of the environment variable ${envName}.`, "");
  }

  /** All secrets below `scope`. */
  static below(scope: Construct): Secret[] {
    return scope.node.findAll().filter((node): node is Secret => node instanceof Secret);
  }

  /**
   * The master key before a rotation, and the instant at which its grace ends, as `sluice rotate` keeps them beside the present one.
   * Empty when there is none.
   */
  static previousMasterKey(scope: Construct): { readonly key: Secret; readonly validUntil: Secret } {
    const [key, validUntil] = PREVIOUS_MASTER_KEY.map(
      ({ name, description }) => new Secret(scope, name, description, ""),
    ) as [Secret, Secret];
    return { key, validUntil };
  }

  /** Reference to the value. Named so that a reader sees where a secret leaves its box. */
  expose(): string {
    return this.variable.stringValue;
  }
}
