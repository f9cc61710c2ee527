import { measureIban, passesLuhn } from "../../../../services/gateway/guardrails/personal-patterns";

describe("passesLuhn", () => {
  it.each([
    ["4111111111111111", true],
    ["4111111111111112", false],
    ["79927398713", true],
    ["79927398710", false],
    ["0", true],
  ])("%s: %s", (digits, passes) => expect(passesLuhn(digits)).toBe(passes));
});

describe("measureIban", () => {
  it.each([
    ["DE89370400440532013000", 22],
    ["DE89 3704 0044 0532 0130 00", 27],
    ["DE89 3704 0044 0532 0130 00 1234", 27],
    ["DE89370400440532013000X", 0],
    ["DE89370400440532013001", 0],
    ["DE8937040044053201300", 0],
    ["US89370400440532013000", 0],
    ["DE00000000000000000066", 0],
  ])("%s: %d", (text, length) => expect(measureIban(text)).toBe(length));
});
