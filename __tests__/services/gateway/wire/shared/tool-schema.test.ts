import { repairToolSchema } from "../../../../../services/gateway/wire/shared/tool-schema";

const A = { type: "string" };
const B = { type: "number" };

test.each<[string, object | null | undefined, object]>([
  ["missing", undefined, { type: "object", properties: {} }],
  ["null", null, { type: "object", properties: {} }],
  ["without a type", { properties: { a: A } }, { type: "object", properties: { a: A } }],
  ["nullable", { type: ["object", "null"], properties: { a: A } }, { type: "object", properties: { a: A } }],
  [
    "good",
    { $schema: "x", type: "object", properties: { a: { anyOf: [A, B] } } },
    { $schema: "x", type: "object", properties: { a: { anyOf: [A, B] } } },
  ],
  [
    "anyOf: what all require is required",
    {
      anyOf: [
        { properties: { a: A, b: B }, required: ["a", "b"] },
        { properties: { a: B, b: { ...B }, c: B }, required: ["a"] },
      ],
    },
    { type: "object", properties: { a: { anyOf: [A, B] }, b: B, c: B }, required: ["a"] },
  ],
  [
    "oneOf: nothing is required",
    {
      type: "object",
      oneOf: [
        { properties: { a: A }, required: ["a"] },
        { properties: { b: B }, required: ["b"] },
      ],
    },
    { type: "object", properties: { a: A, b: B } },
  ],
  [
    "allOf: everything is required",
    {
      properties: { c: A },
      required: ["c"],
      allOf: [
        { properties: { a: A }, required: ["a"] },
        { properties: { b: B }, required: ["b"] },
      ],
    },
    { type: "object", properties: { c: A, a: A, b: B }, required: ["c", "a", "b"] },
  ],
  [
    "alternatives by reference",
    { $defs: { x: { properties: { a: A } } }, anyOf: [{ $ref: "#/$defs/x" }, { $ref: "#/$defs/none" }] },
    { $defs: { x: { properties: { a: A } } }, type: "object", properties: { a: A } },
  ],
])("%s", (_name, schema, expected) => {
  expect(JSON.parse(JSON.stringify(repairToolSchema(schema as never, "p")))).toEqual(expected);
});

test.each([
  ["p", [] as never],
  ["p", "x"],
  ["p.type", { type: "array" }],
  ["p.type", { type: ["string", "null"] }],
  ["p.type", { type: 5 }],
])("%s is refused: %j", (param, schema) => {
  expect(() => repairToolSchema(schema, "p")).toThrow(
    expect.objectContaining({ name: "TranslationError", param }),
  );
});
