import { type TerraformMetaArguments, TerraformResource } from "cdktf";
import type { Construct } from "constructs";

/** Props of `TerraformData`. */
export interface TerraformDataProps extends TerraformMetaArguments {
  /** A change of it replaces the resource, and so runs its provisioners. @default - nothing but the lifecycle does */
  readonly triggersReplace?: Readonly<Record<string, unknown>> | readonly unknown[];
}

/**
 * Terraform's built-in `terraform_data`: a place for provisioners. Unlike CDKTF's own `DataResource` it does not run `terraform version` at
 * synth, which has to work where no Terraform is. The commands check the version (`cli/terraform/terraform-binary.ts`).
 *
 * @example
 * new TerraformData(stack, "note", { provisioners: [{ type: "local-exec", command: "echo applied" }] });
 */
export class TerraformData extends TerraformResource {
  readonly #triggersReplace: TerraformDataProps["triggersReplace"];

  constructor(scope: Construct, id: string, { triggersReplace, ...meta }: TerraformDataProps) {
    super(scope, id, {
      terraformResourceType: "terraform_data",
      terraformGeneratorMetadata: { providerName: "terraform" },
      ...meta,
    });
    this.#triggersReplace = triggersReplace;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return this.#triggersReplace === undefined ? {} : { triggers_replace: this.#triggersReplace };
  }
}
