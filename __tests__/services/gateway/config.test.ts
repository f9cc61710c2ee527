import { loadConfig } from "../../../services/gateway/config";

const REQUIRED = {
  LITELLM_MASTER_KEY: "sk-0123456789abcdef",
  DATABASE_URL: "postgres://u:p@db:5432/gateway",
};

test("defaults", () => {
  expect(loadConfig(REQUIRED)).toMatchObject({
    port: 4000,
    host: "0.0.0.0",
    configFile: "/app/config.yaml",
    logLevel: "info",
    maxBodyBytes: 32 * 1024 * 1024,
    stopGraceMs: 30_000,
    lameDuckMs: 5000,
    capacity: { maxAnswers: 2000, maxBodyBytes: 128 * 1024 * 1024 },
    upstreamTimeouts: { connectMs: 10_000, firstByteMs: 25_000, thinkingFirstByteMs: 90_000, idleMs: 90_000 },
    connections: {
      maxConnections: 5000,
      headersTimeoutMs: 30_000,
      keepAliveMs: 55_000,
      bodyTimeoutMs: 120_000,
      bodyMinBytesPerSecond: 1024,
      drainTimeoutMs: 60_000,
    },
    trustedProxies: [],
    corsOrigins: [],
  });
  expect(loadConfig({ ...REQUIRED, PORT: "", ANTHROPIC_BASE_URL: "" })).toMatchObject({
    port: 4000,
    anthropicBaseUrl: undefined,
  });
});

test("reports may be asked of a replica", () => {
  expect(loadConfig(REQUIRED).databaseReadUrl).toBeUndefined();
  const config = loadConfig({ ...REQUIRED, DATABASE_READ_URL: "postgres://r:hidden@replica:5432/gateway" });
  expect(config.databaseReadUrl?.expose()).toBe("postgres://r:hidden@replica:5432/gateway");
  expect(JSON.stringify(config)).not.toContain("hidden");
  expect(() => loadConfig({ ...REQUIRED, DATABASE_READ_URL: "mysql://x" })).toThrow(
    "DATABASE_READ_URL: must start with postgres://",
  );
});

test("audit rows are kept for ever, or for a duration", () => {
  expect(loadConfig(REQUIRED).auditRetentionMs).toBeUndefined();
  expect(loadConfig({ ...REQUIRED, AUDIT_RETENTION: "30d" }).auditRetentionMs).toBe(30 * 86_400_000);
});

test("a journal is kept where it is told to be, and nowhere else", () => {
  expect(loadConfig(REQUIRED).journal).toBeUndefined();
  expect(loadConfig({ ...REQUIRED, JOURNAL_DIRECTORY: "/data" }).journal).toEqual({
    directory: "/data",
    maxBytes: 256 * 1024 * 1024,
    maxOutageMs: 900_000,
  });
});

test("a previous master key has an end", () => {
  const previous = { ...REQUIRED, LITELLM_MASTER_KEY_PREVIOUS: "sk-fedcba9876543210" };
  expect(loadConfig(REQUIRED).previousMasterKey).toBeUndefined();
  expect(() => loadConfig(previous)).toThrow(
    "LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL: is not set, although LITELLM_MASTER_KEY_PREVIOUS is",
  );
  const end = "LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL";
  expect(() => loadConfig({ ...previous, [end]: "tomorrow" })).toThrow(
    `${end}: must be a timestamp such as 2027-01-31T12:00:00Z`,
  );
  const config = loadConfig({ ...previous, [end]: "2027-01-31T13:00:00+01:00" });
  expect(config.previousMasterKey?.validUntil.toISOString()).toBe("2027-01-31T12:00:00.000Z");
  expect(JSON.stringify(config)).not.toContain("fedcba");
});

test("is frozen, and shows no secret", () => {
  const config = loadConfig(REQUIRED);
  expect(Object.isFrozen(config)).toBe(true);
  expect(JSON.stringify(config)).not.toMatch(/0123456789|u:p/);
  expect(config.masterKey.expose()).toBe(REQUIRED.LITELLM_MASTER_KEY);
});

test("names every wrong variable at once, without its value", () => {
  const env = {
    LITELLM_MASTER_KEY: "planted-secret",
    DATABASE_URL: "mysql://planted",
    PORT: "70000",
    MAX_BODY_BYTES: "1e12",
    STOP_GRACE_SECONDS: "soon",
    MAX_ANSWERS_IN_FLIGHT: "0",
    MAX_BODY_BYTES_IN_FLIGHT: "much",
    UPSTREAM_CONNECT_TIMEOUT_SECONDS: "0",
    UPSTREAM_FIRST_BYTE_TIMEOUT_SECONDS: "-1",
    UPSTREAM_IDLE_TIMEOUT_SECONDS: "1h",
    LOG_LEVEL: "loud",
    AUDIT_RETENTION: "1 year",
    JOURNAL_MAX_BYTES: "1",
    JOURNAL_MAX_OUTAGE_SECONDS: "0",
    ANTHROPIC_BASE_URL: "ftp://x",
    MAX_CONNECTIONS: "0",
    REQUEST_BODY_TIMEOUT_SECONDS: "0",
    REQUEST_BODY_MIN_BYTES_PER_SECOND: "-1",
    CLIENT_DRAIN_TIMEOUT_SECONDS: "0",
    KEEP_ALIVE_TIMEOUT_SECONDS: "0",
    TRUSTED_PROXIES: "10.0.0.0/8, planted",
    CORS_ALLOWED_ORIGINS: "planted.example.org",
  };
  let text = "";
  try {
    loadConfig(env);
  } catch (error) {
    text = String((error as Error).message);
  }
  for (const name of Object.keys(env)) expect(text).toContain(`${name}: `);
  expect(text).not.toContain("planted");
});

test("lists are parted by commas", () => {
  const env = {
    ...REQUIRED,
    TRUSTED_PROXIES: " 10.0.0.0/8,127.0.0.1, ::1/128 ,",
    CORS_ALLOWED_ORIGINS: "https://a.example.org, http://localhost:3000",
  };
  expect(loadConfig(env)).toMatchObject({
    trustedProxies: ["10.0.0.0/8", "127.0.0.1", "::1/128"],
    corsOrigins: ["https://a.example.org", "http://localhost:3000"],
  });
  expect(loadConfig({ ...REQUIRED, CORS_ALLOWED_ORIGINS: "*" }).corsOrigins).toEqual(["*"]);
});

test.each([
  ["TRUSTED_PROXIES", "10.0.0.0/33"],
  ["TRUSTED_PROXIES", "10.0.0.0/8/8"],
  ["TRUSTED_PROXIES", "proxy.example.org"],
  ["CORS_ALLOWED_ORIGINS", "https://a.example.org/"],
  ["CORS_ALLOWED_ORIGINS", "null"],
  ["CORS_ALLOWED_ORIGINS", "https://*.example.org"],
])("%s=%s is refused", (name, value) => {
  expect(() => loadConfig({ ...REQUIRED, [name]: value })).toThrow(`${name}: must contain`);
});

test("bodies in memory must have room for one of the largest", () => {
  expect(() => loadConfig({ ...REQUIRED, MAX_BODY_BYTES: "4096", MAX_BODY_BYTES_IN_FLIGHT: "4095" })).toThrow(
    /MAX_BODY_BYTES_IN_FLIGHT: must be at least MAX_BODY_BYTES/,
  );
});

test("the key-provisioner's token is not the master key, and other faults are named where they are", () => {
  const token = "sk-token-of-the-provisioner";
  expect(loadConfig({ ...REQUIRED, PROVISIONER_TOKEN: token }).provisionerToken?.expose()).toBe(token);
  expect(() => loadConfig({ ...REQUIRED, PROVISIONER_TOKEN: REQUIRED.LITELLM_MASTER_KEY })).toThrow(
    "PROVISIONER_TOKEN: is the master key",
  );
  const wrong = { ...REQUIRED, LITELLM_MASTER_KEY: "without-the-prefix" };
  for (const env of [wrong, { ...wrong, PROVISIONER_TOKEN: token }]) {
    expect(() => loadConfig(env)).toThrow("LITELLM_MASTER_KEY: must start with sk-");
  }
});
