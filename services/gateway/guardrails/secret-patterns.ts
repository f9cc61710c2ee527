import { type ScreenPattern, takeIf } from "./pattern";

const varied = takeIf((candidate) => isVaried(candidate));
/** `AKIA…` shortly before, or words that end in the name of a secret key and a sign of assignment. */
const AWS_SECRET_CONTEXT =
  /(?:aws|secret)[\w ."'-]{0,40}(?:key|secret)["']?[\s:=>"'`]{1,8}$|(?:AKIA|ASIA)[A-Z2-7]{16}[^A-Za-z0-9][\s\S]{0,80}$/i;
const BASE64_RUN = /[A-Za-z0-9+/]{40}/;
/** What a value must be called to be taken for a secret. */
const SECRET_NAME =
  /(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|credentials?)["']?\s{0,3}$/i;
/** Tokens that only tell requests or pages apart, as the APIs of clouds call them. */
const HARMLESS_TOKEN =
  /(?:request|change|action|idempotency|continuation|next|previous|page|pagination|resume|sync)[_ -]?token["']?\s{0,3}$/i;
/** The keys in AWS's documents end so. */
const AWS_EXAMPLE = /EXAMPLE(?:KEY)?$/;
/** Pieces of those names, in the ways they are written. */
const SECRET_HINTS = [
  "assw",
  "ASSW",
  "ecret",
  "ECRET",
  "oken",
  "OKEN",
  "_key",
  "_KEY",
  "Key",
  "apikey",
  "-key",
  "redential",
];
const SECRET_VARIABLE = /(?:^|\n|\s)[A-Z][A-Z0-9_]{0,60}(?:KEY|SECRET|TOKEN|PASSWORD|PASSWD)$/;

/** Credentials. Most have a prefix of their own, so that nothing else looks like them. */
export const SECRET_PATTERNS: readonly ScreenPattern[] = [
  {
    id: "private-key",
    kind: "secret",
    description:
      "PEM block of a private key, whole or cut off, also with quotes or line numbers between its lines",
    regex:
      /-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\s\\:,"'|>→]|-(?!-)){64,16000}(?:-----END (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----)?/g,
    hints: ["PRIVATE KEY"],
    measure: (candidate) => (BASE64_RUN.test(candidate) ? candidate.trimEnd().length : 0),
  },
  {
    id: "aws-access-key-id",
    kind: "secret",
    description: "id of an AWS access key, also of a temporary one",
    regex: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/g,
    hints: ["AKIA", "ASIA"],
    measure: takeIf((candidate) => !AWS_EXAMPLE.test(candidate)),
  },
  {
    id: "aws-secret-access-key",
    kind: "secret",
    description:
      "40 random characters that are called an AWS secret key, or stand behind the id of an access key",
    regex: /(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g,
    hints: ["ecret", "ECRET", "aws", "AWS", "AKIA", "ASIA"],
    reach: 160,
    measure: takeIf(
      (candidate, before) =>
        /[a-z]/.test(candidate) &&
        /[A-Z]/.test(candidate) &&
        /\d/.test(candidate) &&
        isVaried(candidate, 16) &&
        !AWS_EXAMPLE.test(candidate) &&
        AWS_SECRET_CONTEXT.test(before),
    ),
  },
  {
    id: "github-token",
    kind: "secret",
    description: "token of GitHub: personal, OAuth, app, refresh",
    regex:
      /(?<![A-Za-z0-9])(?:gh[oprsu]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})(?![A-Za-z0-9_])/g,
    hints: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    measure: varied,
  },
  {
    id: "gitlab-token",
    kind: "secret",
    description: "token of GitLab: personal, deploy, runner, trigger, feed, agent",
    regex:
      /(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent)-[A-Za-z0-9_-]{20,100}(?:\.[A-Za-z0-9_]{2,20}){0,2}/g,
    measure: takeIf((candidate) => looksRandom(candidate.slice(candidate.indexOf("-") + 1), 3)),
  },
  {
    id: "slack-token",
    kind: "secret",
    description: "token of Slack, or the address of a webhook",
    regex:
      /(?<![A-Za-z0-9])(?:xox[abeoprs]-(?:\d{1,2}-)?\d{8,14}-[A-Za-z0-9-]{12,200}|xapp-\d-[A-Z0-9]{8,15}-\d{8,15}-[a-f0-9]{32,64})|(?<=hooks\.slack\.com\/(?:services|workflows|triggers)\/)T[A-Z0-9]{7,12}\/[A-Z0-9]{8,20}\/[A-Za-z0-9]{20,32}/g,
    hints: ["xox", "xapp-", "hooks.slack.com"],
    measure: varied,
  },
  {
    id: "google-api-key",
    kind: "secret",
    description: "API key of Google, or the secret of an OAuth client",
    regex: /(?<![A-Za-z0-9_-])(?:AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28})(?![A-Za-z0-9_-])/g,
    hints: ["AIza", "GOCSPX-"],
    measure: varied,
  },
  {
    id: "stripe-key",
    kind: "secret",
    description: "live secret or restricted key of Stripe, or the secret of a webhook; test keys are none",
    regex: /(?<![A-Za-z0-9])(?:[rs]k_live_[A-Za-z0-9]{24,247}|whsec_[A-Za-z0-9+/]{32,64})(?![A-Za-z0-9])/g,
    hints: ["k_live_", "whsec_"],
    measure: varied,
  },
  {
    id: "anthropic-key",
    kind: "secret",
    description: "key of Anthropic: API, admin, OAuth",
    regex: /(?<![A-Za-z0-9])sk-ant-[a-z]{3,6}\d{2}-[A-Za-z0-9_-]{40,200}/g,
    hints: ["sk-ant-"],
    measure: varied,
  },
  {
    id: "openai-key",
    kind: "secret",
    description: "key of OpenAI: user, project, service account, admin",
    regex:
      /(?<![A-Za-z0-9])sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,250}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})(?![A-Za-z0-9])/g,
    hints: ["sk-"],
    measure: takeIf((candidate) => looksRandom(candidate.slice(9))),
  },
  {
    id: "gateway-key",
    kind: "secret",
    description: "virtual key of this gateway or of LiteLLM",
    regex: /(?<![A-Za-z0-9_-])sk-[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/g,
    hints: ["sk-"],
    measure: takeIf(
      (candidate) => /[a-z]/.test(candidate) && /[A-Z]/.test(candidate) && looksRandom(candidate.slice(3)),
    ),
  },
  {
    id: "npm-token",
    kind: "secret",
    description: "token of npm or PyPI",
    regex:
      /(?<![A-Za-z0-9])(?:npm_[A-Za-z0-9]{36}|pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,400})(?![A-Za-z0-9])/g,
    hints: ["npm_", "pypi-"],
    measure: varied,
  },
  {
    id: "azure-storage-key",
    kind: "secret",
    description: "account key in a connection string of Azure Storage",
    regex: /(?<=AccountKey=)[A-Za-z0-9+/]{86}==/g,
    hints: ["AccountKey="],
    measure: varied,
  },
  {
    id: "jwt",
    kind: "secret",
    description: "signed JSON web token",
    // Nothing of the run may stand before, so that each run is tried once.
    regex: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{20,1000}/g,
    hints: [".eyJ"],
    measure: takeIf(namesAlgorithm),
  },
  {
    id: "secret-assignment",
    kind: "secret",
    description: "random value that is assigned to something called password, secret, token or key",
    regex:
      /(?<=[:=]\s{0,3}["'`])[A-Za-z0-9+/_=.-]{24,128}(?=["'`])|(?<==)[A-Za-z0-9+/_=-]{24,128}(?=[\s\\]|$)/g,
    hints: SECRET_HINTS,
    reach: 160,
    measure: takeIf(isNamedSecret),
  },
];

function namesAlgorithm(token: string): boolean {
  const header = Buffer.from(token.slice(0, token.indexOf(".")), "base64url").toString();
  return header.startsWith("{") && header.includes('"alg"');
}

function isNamedSecret(value: string, before: string): boolean {
  const quoted = /(?::|=>?|:=)\s{0,3}["'`]$/.exec(before);
  const name = before.slice(0, quoted?.index ?? -1);
  const isNamed = (quoted === null ? SECRET_VARIABLE : SECRET_NAME).test(name);
  return isNamed && !HARMLESS_TOKEN.test(name) && looksRandom(value, 3.5);
}

/** A run of small letters this long is a word: in 40 random characters it comes once in thousands. */
const WORD = /[a-z]{8}|[A-Z]{8}/;
/** A part of a name such as `session-token`. */
const NAME_PART = /(?<![A-Za-z0-9+/])(?:[A-Z]?[a-z]{3,}|[A-Z]{3,})(?![A-Za-z0-9+/])/g;
const PLACEHOLDER = /example|placeholder|changeme|change_me|your[_-]|xxxx|0000|1234567|abcdef|(.)\1{4}/i;

/**
 * Whether a value looks as if a machine had drawn it: letters and digits well mixed, many different characters, no
 * words, no placeholder.
 * @param minBits least Shannon entropy of a character. @default 3.3, which random hex of 32 digits has nearly always
 */
export function looksRandom(value: string, minBits = 3.3): boolean {
  const digits = countOf(value, /\d/g);
  const letters = countOf(value, /[A-Za-z]/g);
  if (digits < 2 || letters < 2) return false;
  if (WORD.test(value) || PLACEHOLDER.test(value) || countOf(value, NAME_PART) >= 2) return false;
  return entropyOf(value) >= minBits;
}

/**
 * Whether a text has at least so many different characters: `xxxx…` and `0000…` in documentation have not, also with a
 * prefix such as `sk-ant-api03-`.
 */
export function isVaried(value: string, least = 14): boolean {
  return new Set(value).size >= least;
}

function countOf(value: string, of: RegExp): number {
  return value.match(of)?.length ?? 0;
}

/** Shannon entropy, in bits a character. */
function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}
