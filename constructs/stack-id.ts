/** Id of the platform's stack; also the folder below `cdktf.out/stacks` and the name for `cdktf deploy`. */
export const PLATFORM_STACK = "platform";

/** Sensitive output with the values of all secrets by variable, from which a lost secret file can be made again. */
export const SECRETS_OUTPUT = "secrets";

/** Id of the stack with the template and the users of Coder; it is applied once Coder runs. */
export const CODER_STACK = "coder";

/** Variable of the stack `coder` with the token that its provider works with. `sluice coder bootstrap` obtains it. */
export const PROVIDER_TOKEN = "coder_provider_token";

/** Name of the workspace template in Coder. */
export const WORKSPACE_TEMPLATE = "ai-workspace";
