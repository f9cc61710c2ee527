import { looksLikeSecret } from "../../../constructs/config/secret-shape";

const join = (...parts: string[]) => parts.join("");

describe("looksLikeSecret", () => {
  // Put together here, so that secret scanners do not take this file for a leak.
  it.each([
    join("sk-", "ant-api03-AAAAAAAAAAAAAAAA"),
    join("sk-", "proj-0123456789abcdefgh"),
    join("AKIA", "IOSFODNN7EXAMPLE"),
    join("ghp_", "0123456789abcdefghijklmnopqrstuvwxyz"),
    join("xoxb-", "1234567890-abcdef"),
    join("wJalrXUtnFEMI/K7MDENG/bPx", "RfiCYEXAMPLEKEY"),
    join("-----BEGIN RSA ", "PRIVATE KEY-----"),
    join("postgres://user:", "password@db/prod"),
  ])("finds %s", (value) => expect(looksLikeSecret(value)).toBe(true));

  it.each([
    "ANTHROPIC_API_KEY",
    "claude-sonnet-4-5-20250929",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "postgres:17.7-bookworm",
    `registry.example.com/node@sha256:${"0123456789abcdef".repeat(4)}`,
    "https://api.anthropic.com",
    "disk-space",
    "10.80.1.0/24",
    "admin@example.com",
  ])("lets %s pass", (value) => expect(looksLikeSecret(value)).toBe(false));
});
