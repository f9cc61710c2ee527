/** Written in pieces, so that no scanner takes this file for a leak. */
const RANDOM = "q7Xz9KpLm2Vt4Rw8Yb6Nc3Hd5Jf1Gs0TaEuIoQx7ZvB2n".repeat(6);
const part = (length: number, from = 0) => RANDOM.slice(from, from + length);
const hex = (length: number) =>
  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".slice(0, length);
const base64 = (length: number) =>
  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj".repeat(90).slice(0, length);
const pem = (kind: string, body: string) => `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----`;
const lines = (text: string, begin = "") => text.replace(/.{64}/g, `$&\n${begin}`);
const jwtPart = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (header: object) =>
  `${jwtPart(header)}.${jwtPart({ sub: "1234567890", iat: 1516239022 })}.${part(43)}`;

/** What a pattern finds: a text, and the part of it that is masked. */
export interface Positive {
  readonly text: string;
  /** @default - the whole text */
  readonly found?: string;
}

/** What each pattern finds and what it leaves alone; ids as in the table of patterns. */
export const EXAMPLES: Readonly<
  Record<string, { readonly positive: readonly Positive[]; readonly negative: readonly string[] }>
> = {
  "private-key": {
    positive: [
      { text: pem("PRIVATE KEY", lines(base64(1600))) },
      { text: pem("RSA PRIVATE KEY", lines(base64(3200))) },
      { text: pem("OPENSSH PRIVATE KEY", lines(base64(400))) },
      { text: pem("EC PRIVATE KEY", lines(base64(160))) },
      { text: pem("PGP PRIVATE KEY BLOCK", lines(base64(700))) },
      {
        text: pem(
          "RSA PRIVATE KEY",
          `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,${hex(32)}\n\n${lines(base64(1600))}`,
        ),
      },
      // In JSON inside a text, with line numbers, and cut off.
      { text: pem("PRIVATE KEY", base64(1600)).replaceAll("\n", "\\n") },
      { text: pem("PRIVATE KEY", lines(base64(640), "    12→")) },
      { text: `-----BEGIN PRIVATE KEY-----\n${base64(640)}` },
    ],
    negative: [
      pem("PRIVATE KEY", "..."),
      pem("PUBLIC KEY", lines(base64(400))),
      pem("CERTIFICATE", lines(base64(1600))),
      'if (text.includes("-----BEGIN PRIVATE KEY-----")) throw new Error("a private key must not stand here, use a file");',
    ],
  },
  "aws-access-key-id": {
    positive: [
      { text: "AKIA" + "IOSFODNN7QWERTYU" },
      { text: `id: "${"ASIA" + "QWERTYUIOP234567"}"`, found: "ASIA" + "QWERTYUIOP234567" },
      { text: `key=${"AKIA" + "QWERTYUIOP234567"}\\n`, found: "AKIA" + "QWERTYUIOP234567" },
    ],
    negative: [
      "AKIA",
      "AKIA" + "IOSFODNN7EXAMPLE",
      "AKIAIOSFODNN",
      "XAKIAQWERTYUIOP234567",
      "AKIAQWERTYUIOP2345678",
      "AKIAqwertyuiop234567",
      "ASIAPACIFIC",
    ],
  },
  "aws-secret-access-key": {
    positive: [
      { text: `aws_secret_access_key = ${part(40)}`, found: part(40) },
      { text: `"SecretAccessKey": "${part(40, 3)}"`, found: part(40, 3) },
      { text: `AWS_SECRET_ACCESS_KEY=${part(38)}/+\n`, found: `${part(38)}/+` },
      { text: `secretAccessKey: '${part(40)}',`, found: part(40) },
    ],
    negative: [
      `commit ${hex(40)}`,
      `secret key: ${hex(40)}`,
      `aws_secret_access_key = ${part(41)}`,
      `checksum: "${part(40)}"`,
      "aws_secret_access_key = process.env.AWS_SECRET_ACCESS_KEY",
    ],
  },
  "github-token": {
    positive: [
      { text: `ghp_${part(36)}` },
      { text: `https://x:${`gho_${part(36)}`}@github.com`, found: `gho_${part(36)}` },
      { text: `github_pat_${part(22)}_${part(59)}` },
      { text: `ghs_${part(40)}` },
    ],
    negative: [
      `ghp_${"x".repeat(36)}`,
      `ghp_${part(35)}`,
      "ghp_token",
      `aghp_${part(36)}`,
      "through_the_looking_glass_and_what_alice_found",
    ],
  },
  "gitlab-token": {
    positive: [
      { text: `glpat-${part(20)}` },
      { text: `glrt-${part(20)}` },
      { text: `glpat-${part(27)}.01.${"0w1x2y3z4"}` },
    ],
    negative: [
      "glpat-xxxxxxxxxxxxxxxxxxxx",
      "glpat-your-personal-access-token",
      `glpat-${part(19)}`,
      "glimt-of-something-that-is-long",
    ],
  },
  "slack-token": {
    positive: [
      { text: `xoxb-123456789012-1234567890123-${part(24)}` },
      { text: `xoxp-1234567890-1234567890-1234567890-${hex(32)}` },
      { text: `xapp-1-A012BCDEFGH-1234567890123-${hex(64)}` },
      {
        text: `https://hooks.slack.com/services/${"T01ABCDEF"}/${"B02GHIJKL"}/${part(24)}`,
        found: `T01ABCDEF/B02GHIJKL/${part(24)}`,
      },
    ],
    negative: [
      "xoxb-your-token-here-please",
      "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
      "https://hooks.slack.com/services/",
    ],
  },
  "google-api-key": {
    positive: [
      { text: `AIza${part(35)}` },
      { text: `key=AIza${part(35)}&x=1`, found: `AIza${part(35)}` },
      { text: `GOCSPX-${part(28)}` },
    ],
    negative: [`AIza${part(34)}`, `AIza${part(36)}`, `AIza${"x".repeat(35)}`, "AIza"],
  },
  "stripe-key": {
    positive: [
      { text: `sk_live_${part(24)}` },
      { text: `rk_live_${part(99)}` },
      { text: `whsec_${part(32)}` },
    ],
    negative: [
      `sk_test_${part(24)}`,
      "sk_live_xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
      "sk_live_",
      `pk_live_${part(24)}`,
      `task_live_${part(10)}`,
    ],
  },
  "anthropic-key": {
    positive: [
      { text: `sk-ant-api03-${part(93)}AA` },
      { text: `sk-ant-oat01-${part(95)}` },
      { text: `sk-ant-admin01-${part(95)}` },
    ],
    negative: ["sk-ant-...", "sk-ant-api03-...", `sk-ant-api03-${"x".repeat(95)}`, "sk-ant-your-key"],
  },
  "openai-key": {
    positive: [
      { text: `sk-${part(20)}${"T3Blbk" + "FJ"}${part(20)}` },
      { text: `sk-proj-${part(74)}${"T3Blbk" + "FJ"}${part(74)}` },
      { text: `sk-svcacct-${part(80)}` },
    ],
    negative: ["sk-proj-...", "sk-proj-your-key-here-your-key-here-your-key-here-your-key", `sk-${part(48)}`],
  },
  "gateway-key": {
    positive: [{ text: `sk-${part(22)}` }, { text: `Bearer sk-${part(22)}`, found: `sk-${part(22)}` }],
    negative: [
      "sk-folding-cube-container1",
      "sk-...",
      `sk-${part(21)}`,
      `sk-${part(23)}`,
      "sk-1234567890abcdefghijkl",
      "task-runner-configuration",
      "sk-master-key-change-in-production",
    ],
  },
  "npm-token": {
    positive: [
      { text: `//registry.npmjs.org/:_authToken=npm_${part(36)}`, found: `npm_${part(36)}` },
      { text: `pypi-AgEIcHlwaS5vcmc${part(80)}` },
    ],
    negative: ["npm_config_registry", "npm_lifecycle_event", `npm_${"x".repeat(36)}`, `npm_${part(35)}`],
  },
  "azure-storage-key": {
    positive: [
      {
        text: `AccountName=me;AccountKey=${part(86)}==;EndpointSuffix=core.windows.net`,
        found: `${part(86)}==`,
      },
    ],
    negative: ["AccountKey=<key>;EndpointSuffix=core.windows.net", `AccountKey=${"x".repeat(86)}==`],
  },
  jwt: {
    positive: [
      { text: jwt({ alg: "HS256", typ: "JWT" }) },
      {
        text: `Authorization: Bearer ${jwt({ alg: "RS256", kid: "1" })}`,
        found: jwt({ alg: "RS256", kid: "1" }),
      },
    ],
    negative: [
      jwt({ typ: "JWT", kid: "no algorithm" }),
      "eyJhbGciOiJIUzI1NiJ9",
      "eyJhbGciOi...eyJzdWIi...signature",
    ],
  },
  "secret-assignment": {
    positive: [
      { text: `password: "${part(32)}"`, found: part(32) },
      { text: `const apiKey = '${part(32, 5)}';`, found: part(32, 5) },
      { text: `"client_secret": "${part(40)}"`, found: part(40) },
      { text: `export SERVICE_TOKEN=${hex(64)}\n`, found: hex(64) },
      { text: `DB_PASSWORD=${part(24)}`, found: part(24) },
    ],
    negative: [
      'const password = "correct horse battery staple";',
      'token: "session_token_of_the_current_user"',
      "API_KEY=your_api_key_goes_here_please",
      "const token = readTokenFromTheEnvironment(process.env);",
      `integrity: "sha512-${part(80)}=="`,
      `"resolved": "${hex(40)}"`,
      `password: "${hex(16)}"`,
      'secret: "00000000000000000000000000000000"',
      `key: "${part(32)}"`,
      `cache_key = "${part(32)}"`,
      '"clientRequestToken": "1d2129a1-3d38-460a-9756-e5b91fddb951"',
      '"ChangeToken": "abcd12f2-46da-4fdb-b8d5-fbd4c466928f"',
      `"NextContinuationToken": "${part(48)}"`,
      `next_page_token = "${part(32)}"`,
    ],
  },
  "credit-card": {
    positive: [
      { text: "4111111111111111" },
      { text: "card 5555 5555 5555 4444, thanks", found: "5555 5555 5555 4444" },
      { text: "4012-8888-8888-1881" },
      { text: "3782 822463 10005" },
      { text: "378282246310005" },
      { text: "6011111111111117" },
      { text: "3530111333300000" },
      { text: "30569309025904" },
      { text: "2223003122003222" },
    ],
    negative: [
      "4111111111111112",
      "4503599627370496",
      "9007199254740991",
      "1700000000000",
      "41111111111111110",
      "0.4111111111111111",
      "id_4111111111111111",
      "4111111111111111n4",
      "1111 4111 1111 1111 1111",
      "4111 1111 1111 1111 1111",
      "1111111111111117",
      "4111 1111-1111 1111",
      "v4111111111111111",
      "/4111111111111111/",
    ],
  },
  iban: {
    positive: [
      { text: "DE89370400440532013000" },
      { text: "pay to DE89 3704 0044 0532 0130 00 AT ONCE", found: "DE89 3704 0044 0532 0130 00" },
      { text: "GB29NWBK60161331926819" },
      { text: "NO9386011117947" },
      { text: "MT84MALT011000012345MTLCAST001S" },
    ],
    negative: [
      "DE89370400440532013001",
      "DE8937040044053201300",
      "XX89370400440532013000",
      "DE00000000000000000066",
      "ABCDE89370400440532013000",
      "AB12CD34EF56GH78",
      "UTF16LE AND UTF8 CODE",
    ],
  },
  "us-ssn": {
    positive: [
      { text: "SSN: 219-09-9999", found: "219-09-9999" },
      { text: "social security number is 078-05-1120.", found: "078-05-1120" },
      { text: '"ssn": "219-09-9999"', found: "219-09-9999" },
    ],
    negative: [
      "219-09-9999",
      "SSN: 000-12-3456",
      "SSN: 666-12-3456",
      "SSN: 912-12-3456",
      "SSN: 219-00-9999",
      "SSN: 219-09-0000",
      "part 219-09-9999 of SSNX",
    ],
  },
  "phone-number": {
    positive: [
      { text: "Phone: +1 (415) 555-2671", found: "+1 (415) 555-2671" },
      { text: '"mobile": "+49 170 1234567"', found: "+49 170 1234567" },
      { text: "tel:+14155552671", found: "+14155552671" },
      { text: "phone_number: 415-555-2671", found: "415-555-2671" },
    ],
    negative: [
      "+1 (415) 555-2671",
      "call 2024-10-12 12:30",
      "iPhone 14 15 16 17",
      "telemetry: 1234 5678 9012",
      "phone: 5551234",
      "hotel 12 345 678",
      "version 10.15.7.2020",
    ],
  },
  email: {
    positive: [
      { text: "jane.doe@corp.example" },
      { text: "write to <j+x@mail.corp.co.uk>!", found: "j+x@mail.corp.co.uk" },
    ],
    negative: ["git@github.com:a/b.git", "@scope/package@1.2.3", "a@b", "user@localhost", "@Component.foo"],
  },
};
