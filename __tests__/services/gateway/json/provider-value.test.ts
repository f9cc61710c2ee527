import {
  hasMembers,
  membersOf,
  parseMembers,
  textMember,
} from "../../../../services/gateway/json/provider-value";

describe("membersOf", () => {
  it.each([null, undefined, 5, "text", true])("finds none in %j", (value) => {
    expect(membersOf(value)).toEqual({});
    expect(hasMembers(value)).toBe(false);
  });

  it("returns an object as it is", () => {
    const value = { a: 1 };
    expect(membersOf(value)).toBe(value);
  });

  it("gives values without members nothing that they could share changes through", () => {
    expect(() => Object.assign(membersOf(null), { a: 1 })).toThrow(TypeError);
    expect(membersOf(undefined)).toEqual({});
  });
});

describe("textMember", () => {
  it("finds texts only", () => {
    expect(textMember({ a: "x", b: 5 }, "a")).toBe("x");
    expect(textMember({ a: "x", b: 5 }, "b")).toBeUndefined();
    expect(textMember({}, "c")).toBeUndefined();
  });
});

describe("parseMembers", () => {
  it("reads an object", () => expect(parseMembers('{"a":[1]}')).toEqual({ a: [1] }));

  it.each(["[]", "null", "5", '"text"', "{", ""])("refuses %j", (json) => {
    expect(() => parseMembers(json)).toThrow(SyntaxError);
  });
});
