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

/** Digits of an IBAN by country, from SWIFT's registry. */
const IBAN_LENGTHS =
  "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 " +
  "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 " +
  "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 " +
  "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

const ibanLengths: ReadonlyMap<string, number> = new Map(
  IBAN_LENGTHS.split(" ").map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** 98 minus a remainder of 97 is never 00, 01 or 99. */
const VALID_CHECK = /^(?!00|01|99)\d\d$/;

/** Whether the last digit is the check digit of the others (ISO/IEC 7812). @param digits digits only */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/**
 * Length of the IBAN that a text begins with, with its spaces; 0: none. Country, length and remainder of 97 must fit
 * (ISO 13616), and it must end where the text or a group of it ends.
 * @param text capital letters, digits and single spaces
 */
export function measureIban(text: string): number {
  const length = ibanLengths.get(text.slice(0, 2));
  if (length === undefined || !VALID_CHECK.test(text.slice(2, 4))) return 0;
  let compact = "";
  let end = 0;
  while (end < text.length && compact.length < length) {
    const character = text[end++] as string;
    if (character !== " ") compact += character;
  }
  if (compact.length < length) return 0;
  if (end < text.length && text[end] !== " ") return 0;
  return remainderOf97(compact.slice(4) + compact.slice(0, 4)) === 1 ? end : 0;
}

/** Of the number that letters make with A = 10 … Z = 35. */
function remainderOf97(text: string): number {
  let remainder = 0;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
}
