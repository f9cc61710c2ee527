/** Public API of the constructs. */
export { ConfigError } from "./config/config-error";
export { loadPlatform, parsePlatform } from "./config/load";
export type { PlatformConfig } from "./config/schema";
export { PlatformStack } from "./platform-stack";
export { PLATFORM_STACK } from "./stack-id";
