import { mostContentOf } from "../../../../services/gateway/relay/most-content";

test.each([
  [1, 1024 * 1024],
  [1000, 1024 * 1024],
  [64_000, 64_000 * 64],
  [10_000_000, 32 * 1024 * 1024],
  [Number.MAX_SAFE_INTEGER, 32 * 1024 * 1024],
])("an answer of at most %d tokens has at most %d bytes of content", (tokens, bytes) => {
  expect(mostContentOf(tokens)).toBe(bytes);
});
