import type { Secret } from "../../shared/secret";
import type { TokenPrices } from "../money/pricing/cost";

/** What an AWS request is signed with. */
export interface AwsKeys {
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
  /** Only temporary keys have one. */
  readonly sessionToken: Secret | undefined;
}

/** How a provider is spoken to, and as whom. */
export type ProviderAccess =
  | { readonly provider: "anthropic"; readonly apiKey: Secret }
  | {
      readonly provider: "bedrock";
      /** Such as `us-east-1`; part of every signature. */
      readonly region: string;
      /** A Bedrock API key, or keys to sign with. */
      readonly credentials: { readonly apiKey: Secret } | AwsKeys;
      /** `invoke`: InvokeModel, frames. `messages`: Anthropic's own API under `/anthropic`, server-sent events. */
      readonly api: "invoke" | "messages";
    };

/** Facts about a model that are told to clients, such as `supports_vision`. */
export type ModelDetails = Readonly<Record<string, string | number | boolean>>;

/** Time limits of one deployment, in milliseconds. */
export interface DeploymentTimeouts {
  /** To the first event of an answer. @default - that of the process */
  readonly firstEventMs?: number | undefined;
  /** For an answer in one piece; for each wait of one that is streamed, too. @default - any time */
  readonly wholeMs?: number | undefined;
}

/** One way to a model: provider, credentials, prices. */
export interface Deployment {
  /** `<model name>/<place in its group, from 0>`; what audit rows show. */
  readonly id: string;
  /** The name that clients use; deployments of the same name are a group. */
  readonly modelName: string;
  /** The provider's name of the model. */
  readonly upstreamModel: string;
  /** What the model is known as where the provider's name does not say, such as an ARN. @default - `upstreamModel` */
  readonly baseModel?: string | undefined;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly access: ProviderAccess;
  /** Most tokens of an answer. `undefined`: what is known of the model. */
  readonly maxOutputTokens: number | undefined;
  /** Most tokens of a prompt. @default - what is known of the model */
  readonly maxInputTokens?: number | undefined;
  /** `undefined`: requests are recorded without a cost. */
  readonly prices: TokenPrices | undefined;
  /** @default - those of the process */
  readonly timeouts?: DeploymentTimeouts | undefined;
  /** How often the same deployment is asked again when it had no room and there is no other one. @default 1 */
  readonly maxRetries?: number | undefined;
  /** What the configuration says of the model, in LiteLLM's names; it is shown in place of what is known. @default - nothing */
  readonly info?: ModelDetails | undefined;
}

/** The deployments of a model in the order in which they are tried; at least one. */
export type DeploymentGroup = readonly [Deployment, ...Deployment[]];

/**
 * Whether the provider goes on with an answer whose connection was given up, and bills all of it, as Bedrock does. Anthropic
 * stops, and bills what it has made.
 */
export function isBilledWhole({ access }: Pick<Deployment, "access">): boolean {
  return access.provider === "bedrock";
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
  readonly routing: RoutingSettings;
}

/** How failures of deployments are dealt with. */
export interface RoutingSettings {
  /** Deployments asked for one request, at most; asking one again counts, too. */
  readonly maxAttempts: number;
  /** No further deployment is asked later than this after the first one was, in milliseconds. */
  readonly failOverMs: number;
  /** Failures one after another that a deployment may have without cooling down. */
  readonly allowedFails: number;
  /** Least wait before a deployment that had no room is asked again and did not say when, in milliseconds; up to twice as long. */
  readonly retryWaitMs: number;
  /** First cool-down after failures, in milliseconds; each one that follows takes twice as long. 0: never. */
  readonly coolDownMs: number;
}

/**
 * Attempts and cool-down are LiteLLM's own defaults (2 retries, 5 s). `failOverMs` leaves a second deployment
 * time to answer before clients give up, which they do after ten minutes.
 */
export const DEFAULT_ROUTING: RoutingSettings = {
  maxAttempts: 3,
  failOverMs: 300_000,
  allowedFails: 2,
  retryWaitMs: 500,
  coolDownMs: 5000,
};
