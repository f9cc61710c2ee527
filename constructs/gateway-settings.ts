/** What of the gateway's own settings depends on where it runs. What is left out has the gateway's default. */
export interface GatewaySettings {
  /** Addresses or ranges of proxies whose `x-forwarded-for` names the client. */
  readonly trustedProxies?: readonly string[];
  /** Origins whose pages may call the gateway. */
  readonly corsAllowedOrigins?: readonly string[];
  readonly keepAliveSeconds?: number;
  readonly maxConnections?: number;
  readonly maxAnswersInFlight?: number;
  readonly maxBodyMegabytesInFlight?: number;
}

/** The settings as the environment that the gateway reads (`services/gateway/config.ts`). */
export function gatewaySettings(settings: GatewaySettings): Record<string, string> {
  const { trustedProxies = [], corsAllowedOrigins = [], maxBodyMegabytesInFlight: megabytes } = settings;
  const all = {
    TRUSTED_PROXIES: trustedProxies.join(","),
    CORS_ALLOWED_ORIGINS: corsAllowedOrigins.join(","),
    KEEP_ALIVE_TIMEOUT_SECONDS: settings.keepAliveSeconds,
    MAX_CONNECTIONS: settings.maxConnections,
    MAX_ANSWERS_IN_FLIGHT: settings.maxAnswersInFlight,
    MAX_BODY_BYTES_IN_FLIGHT: megabytes === undefined ? undefined : megabytes * 1024 * 1024,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, String(value)]],
    ),
  );
}
