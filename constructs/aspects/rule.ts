import { Container } from "@cdktf/provider-docker/lib/container";
import { Annotations, type IAspect } from "cdktf";
import type { IConstruct } from "constructs";

/** One broken rule: what is wrong, and how to mend it. */
export interface Violation {
  readonly problem: string;
  readonly remedy: string;
}

/** Looks at one container. Yields nothing when the rule holds. */
export type ContainerRule = (container: Container) => Iterable<Violation>;

/**
 * Runs a rule over every container of a stack. A violation is an error annotation: synth continues to
 * collect the others, then fails and names each construct.
 */
export class ContainerAspect implements IAspect {
  constructor(
    private readonly name: string,
    private readonly rule: ContainerRule,
  ) {}

  visit(node: IConstruct): void {
    if (!(node instanceof Container)) return;
    for (const violation of this.rule(node)) report(node, this.name, violation);
  }
}

/** Reports a broken rule at a construct. */
export function report(node: IConstruct, rule: string, { problem, remedy }: Violation): void {
  Annotations.of(node).addError(`[${rule}] ${node.node.path}: ${problem}. Remedy: ${remedy}.`);
}

/** A job runs to its end; a service stays. */
export function isJob(container: Container): boolean {
  return container.mustRunInput === false;
}
