import { TerraformStack, TerraformVariable } from "cdktf";
import { Construct } from "constructs";

/** Facts of the host, which are no secrets and must not stand in the synthesized JSON: it is the same in every checkout. */
export const HOST_FACTS = {
  docker_socket: "Path of the Docker socket, where the engine runs.",
  docker_socket_group: "Group of the Docker socket, as a container sees it.",
  sluice_folder: "Folder of the project.",
  ca_certificate: "Certificate of the authority that signed the one of the access host, as PEM.",
  access_certificate: "Certificate of the access host and of those between it and the authority, as PEM.",
} as const;

/** Name of a fact; also of its Terraform variable. */
export type HostFactName = keyof typeof HOST_FACTS;

/**
 * A fact of the host as a Terraform variable. `sluice deploy` and the CDKTF commands find out its value (`cli/host`).
 *
 * @example
 * const group = HostFact.of(stack, "docker_socket_group").value;
 */
export class HostFact extends Construct {
  /** Reference to the value. */
  readonly value: string;

  private constructor(
    scope: Construct,
    readonly name: HostFactName,
  ) {
    super(scope, name);
    const variable = new TerraformVariable(this, "Resource", {
      type: "string",
      nullable: false,
      description: HOST_FACTS[name],
    });
    variable.overrideLogicalId(name);
    this.value = variable.stringValue;
  }

  /** The fact in the stack of `scope`, made once. */
  static of(scope: Construct, name: HostFactName): HostFact {
    const stack = TerraformStack.of(scope);
    const folder = (stack.node.tryFindChild("host") as Construct | undefined) ?? new Construct(stack, "host");
    return (folder.node.tryFindChild(name) as HostFact | undefined) ?? new HostFact(folder, name);
  }
}
