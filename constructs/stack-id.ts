/** Id of the platform's stack; also the folder below `cdktf.out/stacks` and the name for `cdktf deploy`. */
export const PLATFORM_STACK = "platform";

/** Sensitive output with the values of all secrets by variable, from which a lost secret file can be made again. */
export const SECRETS_OUTPUT = "secrets";
