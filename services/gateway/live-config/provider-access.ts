import { Secret } from "../../shared/secret";
import type { Environment } from "../../shared/secret-files";
import type { ProviderAccess } from "../providers/deployment";
import type { ModelEntry } from "./model-entry";

/** @returns the credentials for Anthropic's own API, or why there are none */
export function readAnthropicAccess(
  params: ModelEntry["litellm_params"],
  env: Environment,
): ProviderAccess | string {
  const variable = params.api_key === undefined ? "ANTHROPIC_API_KEY" : variableOf(params.api_key);
  const apiKey = env[variable];
  if (apiKey === undefined || apiKey === "") return `${variable} is not set`;
  return { provider: "anthropic", apiKey: new Secret(apiKey) };
}

type BedrockAccess = Extract<ProviderAccess, { provider: "bedrock" }>;
type Params = ModelEntry["litellm_params"];

/** It becomes part of a host name. */
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
/** LiteLLM writes the API between the provider and the model; `messages` is ours. */
const API_PREFIX = /^(invoke|messages|converse)\//;

/** A deployment on Bedrock, as far as the provider is concerned. */
interface BedrockTarget {
  readonly access: BedrockAccess;
  readonly upstreamModel: string;
  /** The address in the region; `api_base` goes before it. */
  readonly baseUrl: string;
}

/**
 * Credentials: what the entry names; without that `AWS_BEARER_TOKEN_BEDROCK`, then the variables that every AWS
 * tool reads.
 * @returns the target, or why the deployment cannot be used
 */
export function readBedrockTarget(params: Params, env: Environment): BedrockTarget | string {
  const model = params.model.slice("bedrock/".length);
  const api = API_PREFIX.exec(model)?.[1] ?? "invoke";
  if (api === "converse") return "bedrock/converse/ is not supported; leave converse/ out of the model";
  const region = readRegion(params, env);
  if (region === undefined) return "no region: aws_region_name is not set, and neither is AWS_REGION";
  if (!REGION.test(region)) return "aws_region_name is not a region such as us-east-1";
  const credentials = readCredentials(params, env);
  if (typeof credentials === "string") return credentials;
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return {
    access: { provider: "bedrock", region, credentials, api: api === "messages" ? "messages" : "invoke" },
    upstreamModel: model.replace(API_PREFIX, ""),
    baseUrl: `https://bedrock-runtime.${region}.${suffix}`,
  };
}

function readRegion(params: Params, env: Environment): string | undefined {
  if (params.aws_region_name !== undefined) return resolveText(params.aws_region_name, env);
  return env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || undefined;
}

function readCredentials(params: Params, env: Environment): BedrockAccess["credentials"] | string {
  const namesKeys = params.aws_access_key_id !== undefined || params.aws_secret_access_key !== undefined;
  const apiKeyName = params.api_key === undefined ? "AWS_BEARER_TOKEN_BEDROCK" : variableOf(params.api_key);
  const apiKey = env[apiKeyName];
  if (apiKey && (params.api_key !== undefined || !namesKeys)) return { apiKey: new Secret(apiKey) };
  if (params.api_key !== undefined && !namesKeys) return `${apiKeyName} is not set`;

  const idName = variableOf(params.aws_access_key_id ?? "os.environ/AWS_ACCESS_KEY_ID");
  const secretName = variableOf(params.aws_secret_access_key ?? "os.environ/AWS_SECRET_ACCESS_KEY");
  const missing = [idName, secretName].filter((name) => !env[name]);
  if (missing.length > 0) return `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not set`;
  // A token belongs to its keys: the usual one to the usual keys only.
  const usualToken = idName === "AWS_ACCESS_KEY_ID" ? "os.environ/AWS_SESSION_TOKEN" : undefined;
  const token = resolveText(params.aws_session_token ?? usualToken, env);
  return {
    accessKeyId: new Secret(env[idName] ?? ""),
    secretAccessKey: new Secret(env[secretName] ?? ""),
    sessionToken: token === undefined ? undefined : new Secret(token),
  };
}

const PREFIX = "os.environ/";

/** The name in `os.environ/NAME`. */
function variableOf(reference: string): string {
  return reference.slice(PREFIX.length);
}

/** Text of the file, or of the variable that it names. Empty counts as absent. */
export function resolveText(value: string | undefined, env: Environment): string | undefined {
  return (value?.startsWith(PREFIX) ? env[variableOf(value)] : value) || undefined;
}
