import type { TokenPrices } from "../pricing/cost";
import type { Secret } from "../secret";

/** One way to a model: provider, credentials, prices. */
export interface Deployment {
  /** `<model name>/<place in its group, from 0>`; what audit rows show. */
  readonly id: string;
  /** The name that clients use; deployments of the same name are a group. */
  readonly modelName: string;
  /** The provider's name of the model. */
  readonly upstreamModel: string;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly apiKey: Secret;
  /** Most tokens of an answer. `undefined`: what is known of the model. */
  readonly maxOutputTokens: number | undefined;
  /** `undefined`: requests are recorded without a cost. */
  readonly prices: TokenPrices | undefined;
}

/** A deployment of the configuration that cannot be used. */
export interface SkippedDeployment {
  readonly id: string;
  readonly modelName: string;
  readonly upstreamModel: string;
  /** Why, for whoever runs the gateway. */
  readonly error: string;
}

/** The models the gateway serves. Only deployments that can be used are in it. */
export interface ModelCatalog {
  /** Model name → its deployments, in the order in which they are tried. A group may be empty. */
  readonly groups: ReadonlyMap<string, readonly Deployment[]>;
  /** Whether parameters without a counterpart may be left out of a request. */
  readonly mayDropParams: boolean;
  /** Most that an end user may spend, in nano-USD. @default - any amount */
  readonly maxEndUserBudgetNano?: number | undefined;
}
