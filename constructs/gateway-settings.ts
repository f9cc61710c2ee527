import type { PlatformConfig } from "./config/schema";

/** `gateway` of platform.yaml as the environment that the gateway reads (`services/gateway/config.ts`). What is not set is left out. */
export function gatewaySettings(gateway: PlatformConfig["gateway"]): Record<string, string> {
  const { maxBodyMegabytesInFlight: megabytes } = gateway;
  const all = {
    TRUSTED_PROXIES: gateway.trustedProxies.join(","),
    CORS_ALLOWED_ORIGINS: gateway.corsAllowedOrigins.join(","),
    KEEP_ALIVE_TIMEOUT_SECONDS: gateway.keepAliveSeconds,
    MAX_CONNECTIONS: gateway.maxConnections,
    MAX_ANSWERS_IN_FLIGHT: gateway.maxAnswersInFlight,
    MAX_BODY_BYTES_IN_FLIGHT: megabytes === undefined ? undefined : megabytes * 1024 * 1024,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, String(value)]],
    ),
  );
}
