import { measureIban, passesLuhn } from "./check-digits";
import { type ScreenPattern, takeIf } from "./pattern";

const CARD_DIGITS =
  /^(?:4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11})$/;
const SSN_CONTEXT = /\b(?:ssn|ssns|social[ _-]?security)\b[^\n]{0,40}$/i;
const PHONE_LABEL =
  /\b(?:(?:tele|cell)?phone|mobile|tel|fax)(?:[ _-]?(?:number|no|nr))?\.?["']?\s{0,2}[:=]?\s{0,2}["'`]?$/i;

/** Data of persons. All but the optional ones need a check digit or a word that says what they are. */
export const PERSONAL_PATTERNS: readonly ScreenPattern[] = [
  {
    id: "credit-card",
    kind: "pii",
    description:
      "card number: digits of an issuer, right length and check digit, not part of a longer number",
    regex:
      /(?<![A-Za-z0-9_.+/\\-]|\d{4} )(?:[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}|3\d{3}([ -])\d{6}\2\d{4,5}|[2-6]\d{13,15})(?![A-Za-z0-9_/]|[.-]\d| \d{4}(?!\d))/g,
    measure: takeIf((candidate) => {
      const digits = candidate.replace(/\D/g, "");
      return CARD_DIGITS.test(digits) && passesLuhn(digits);
    }),
  },
  {
    id: "iban",
    kind: "pii",
    description: "international bank account number: country, length and remainder of 97",
    regex: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,8}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
    measure: measureIban,
  },
  {
    id: "us-ssn",
    kind: "pii",
    description: "US social security number of a valid range behind a word that says so",
    regex: /(?<![A-Za-z0-9-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![A-Za-z0-9-])/g,
    measure: takeIf((_candidate, before) => SSN_CONTEXT.test(before)),
  },
  {
    id: "phone-number",
    kind: "pii",
    description: "telephone number of 8 to 15 digits right behind a word that says so",
    regex:
      /(?<![A-Za-z0-9+(])(?:\+\d{1,3}[ .-]?)?(?:\(\d{1,5}\)[ .-]?)?\d{2,5}(?:[ .-]\d{2,8}){1,4}(?![A-Za-z0-9])|(?<![A-Za-z0-9])\+\d{8,15}(?![A-Za-z0-9])/g,
    hints: ["hone", "HONE", "obile", "OBILE", "tel", "Tel", "TEL", "fax", "Fax", "FAX"],
    reach: 60,
    measure: takeIf((candidate, before) => {
      const digits = candidate.replace(/\D/g, "").length;
      return digits >= 8 && digits <= 15 && PHONE_LABEL.test(before);
    }),
  },
  {
    id: "email",
    kind: "pii",
    description: "e-mail address; git@… of a remote is none",
    regex:
      /(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+-][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}(?![A-Za-z0-9-])/g,
    hints: ["@"],
    measure: takeIf((candidate) => !candidate.startsWith("git@")),
    isOptional: true,
  },
];
