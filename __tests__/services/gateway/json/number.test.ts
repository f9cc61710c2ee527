import { RawNumber } from "../../../../services/gateway/json/json-value";
import { numberOf } from "../../../../services/gateway/json/number";

it.each([
  [1.5, 1.5],
  [new RawNumber("1.0"), 1],
  [new RawNumber("1e999"), Number.POSITIVE_INFINITY],
  ["1", undefined],
  [null, undefined],
  [undefined, undefined],
  [[1], undefined],
])("%p is %p", (value, expected) => {
  expect(numberOf(value)).toBe(expected);
});
