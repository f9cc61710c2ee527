import { membersOf, textMember } from "../../../../services/gateway/messages/members";

test.each([null, undefined, 5, "text", true])("%j has no members", (value) => {
  expect(membersOf(value)).toEqual({});
});

test("an object has its own", () => {
  const value = { a: 1 };
  expect(membersOf(value)).toBe(value);
});

test("text is text only", () => {
  expect(textMember({ a: "x", b: 5 }, "a")).toBe("x");
  expect(textMember({ a: "x", b: 5 }, "b")).toBeUndefined();
  expect(textMember({}, "c")).toBeUndefined();
});
