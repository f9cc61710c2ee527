import { JsonSyntaxError } from "../../../../services/gateway/json/json-value";

test("says what and where, not what the body says", () => {
  const error = new JsonSyntaxError("expected a colon", 12);
  expect(error.message).toBe("expected a colon at byte 12");
  expect(error.position).toBe(12);
});
