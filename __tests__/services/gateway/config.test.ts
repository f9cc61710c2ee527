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
  });
  expect(loadConfig({ ...REQUIRED, PORT: "", ANTHROPIC_BASE_URL: "" })).toMatchObject({
    port: 4000,
    anthropicBaseUrl: undefined,
  });
});

test("audit rows are kept for ever, or for a duration", () => {
  expect(loadConfig(REQUIRED).auditRetentionMs).toBeUndefined();
  expect(loadConfig({ ...REQUIRED, AUDIT_RETENTION: "30d" }).auditRetentionMs).toBe(30 * 86_400_000);
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
    LOG_LEVEL: "loud",
    AUDIT_RETENTION: "1 year",
    ANTHROPIC_BASE_URL: "ftp://x",
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
