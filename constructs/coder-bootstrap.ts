import type { ITerraformDependable, LocalExecProvisioner, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { HostFact } from "./host-fact";
import { TerraformData } from "./terraform-data";

/** Props of `CoderBootstrap`. */
export interface CoderBootstrapProps {
  /** Such as `Coder`; each new container of it is set up. */
  readonly coder: { readonly ready: TerraformResource };
  /** Is told its token for Coder, such as `KeyProvisioner`. */
  readonly keyProvisioner: { readonly ready: ITerraformDependable };
}

/**
 * Sets Coder up as part of the apply, so that plain `cdktf deploy platform coder` needs nobody's hand between the stacks. It keeps
 * what it obtains in the home, not in the state.
 *
 * @example
 * declare const coder: Coder;
 * declare const keyProvisioner: KeyProvisioner;
 * new CoderBootstrap(stack, "coder-bootstrap", { coder, keyProvisioner });
 */
export class CoderBootstrap extends Construct {
  constructor(scope: Construct, id: string, { coder, keyProvisioner }: CoderBootstrapProps) {
    super(scope, id);
    const { terraformResourceType, friendlyUniqueId } = coder.ready;
    new TerraformData(this, "Resource", {
      // Terraform wants a plain address here, no expression.
      lifecycle: { replaceTriggeredBy: [`${terraformResourceType}.${friendlyUniqueId}`] },
      dependsOn: [coder.ready, keyProvisioner.ready],
      provisioners: [bootstrapCommand(this)],
    });
  }
}

/** Sets Coder up from within an apply. */
export function bootstrapCommand(scope: Construct): LocalExecProvisioner {
  const folder = HostFact.of(scope, "sluice_folder").value;
  return { type: "local-exec", command: `node "${folder}/cli/bootstrap.cjs" coder bootstrap` };
}
