import { NameCache } from "../../../../services/gateway/json/name-cache";

function find(cache: NameCache, text: string): string {
  return cache.find(Buffer.from(text), 0, text.length);
}

test("gives the text, known or not, short or long", () => {
  const cache = new NameCache();
  const texts = Array.from({ length: 3000 }, (_, index) => `name${index % 700}`);
  texts.push("", "a", "x".repeat(24), "x".repeat(25), "y".repeat(500));
  expect(texts.map((text) => find(cache, text))).toEqual(texts);
});

test("texts that share a slot do not replace each other's answer", () => {
  const cache = new NameCache();
  // First, middle and last byte and the length are the same.
  for (const text of ["ab1cd2ef", "ax1yd2zf", "ab1cd2ef"]) expect(find(cache, text)).toBe(text);
});
