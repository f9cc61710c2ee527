import { toOutputSchema } from "../../../../../services/gateway/wire/shared/output-schema";

const TEXT = { type: "string" };
const object = (properties: object, extra: object = {}) => ({ type: "object", properties, ...extra });
const closed = (properties: object, extra: object = {}) =>
  object(properties, { ...extra, additionalProperties: false });
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, TEXT]));

test.each<[string, object, object]>([
  ["objects are closed", object({ a: object({ b: TEXT }) }), closed({ a: closed({ b: TEXT }) })],
  [
    "oneOf becomes anyOf",
    object({ a: { oneOf: [TEXT, { type: "null" }] } }),
    closed({ a: { anyOf: [TEXT, { type: "null" }] } }),
  ],
  ["allOf of one is that one", object({ a: { allOf: [TEXT] } }), closed({ a: TEXT })],
  [
    "allOf of one reference, as Pydantic writes it",
    object(
      { a: { allOf: [{ $ref: "#/$defs/x" }], description: "An x" } },
      { $defs: { x: object({ b: TEXT }) } },
    ),
    closed({ a: { $ref: "#/$defs/x", description: "An x" } }, { $defs: { x: closed({ b: TEXT }) } }),
  ],
  [
    "allOf of values stays",
    object({ a: { allOf: [TEXT, { enum: ["b"] }] } }),
    closed({ a: { allOf: [TEXT, { enum: ["b"] }] } }),
  ],
  [
    "limits are told",
    object({ a: { type: "integer", minimum: 1, maximum: 5, description: "Stars" } }),
    closed({ a: { type: "integer", description: "Stars (minimum: 1; maximum: 5)" } }),
  ],
  [
    "a pattern is told",
    object({ a: { ...TEXT, pattern: "^é$" } }),
    closed({ a: { ...TEXT, description: '(pattern: "^é$")' } }),
  ],
  [
    "known formats stay",
    object({ a: { ...TEXT, format: "uuid" } }),
    closed({ a: { ...TEXT, format: "uuid" } }),
  ],
  [
    "others are told",
    object({ a: { ...TEXT, format: "phone" } }),
    closed({ a: { ...TEXT, description: '(format: "phone")' } }),
  ],
  ["$schema is left out", object({ a: TEXT }, { $schema: "x" }), closed({ a: TEXT })],
  [
    "lists",
    object({ a: { type: "array", items: object({ b: TEXT }), minItems: 1 } }),
    closed({ a: { type: "array", items: closed({ b: TEXT }), description: "(minItems: 1)" } }),
  ],
  [
    "definitions",
    object({ a: { $ref: "#/$defs/x" } }, { $defs: { x: object({ b: TEXT }) } }),
    closed({ a: { $ref: "#/$defs/x" } }, { $defs: { x: closed({ b: TEXT }) } }),
  ],
  ["24 optional properties", object(many(24)), closed(many(24))],
  [
    "25 properties that are required",
    object(many(25), { required: Object.keys(many(25)) }),
    closed(many(25), { required: Object.keys(many(25)) }),
  ],
  ["an object that is empty on purpose", closed({}), closed({})],
  [
    "words that are properties",
    object({ pattern: TEXT, if: TEXT, __proto__x: TEXT }),
    closed({ pattern: TEXT, if: TEXT, __proto__x: TEXT }),
  ],
])("%s", (_name, schema, expected) => {
  expect(toOutputSchema(schema as never)).toEqual(expected);
});

test.each<[string, object]>([
  ["an open object", object({ a: TEXT }, { additionalProperties: true })],
  ["a map", object({}, { additionalProperties: TEXT })],
  ["an object of anything", object({ a: { type: "object" } })],
  ["patternProperties", object({ a: TEXT }, { patternProperties: { x: TEXT } })],
  ["25 optional properties", object(many(25))],
  [
    "17 unions",
    object(Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`p${index}`, { anyOf: [TEXT] }]))),
  ],
  ["recursion", object({ a: { $ref: "#/$defs/x" } }, { $defs: { x: object({ b: { $ref: "#/$defs/x" } }) } })],
  ["recursion to the top", object({ a: { $ref: "#" } })],
  ["a reference elsewhere", object({ a: { $ref: "https://example.org/x" } })],
  // Closed, no value could have the properties of both.
  ["allOf of several objects", object({ a: { allOf: [object({ b: TEXT }), object({ c: TEXT })] } })],
  [
    "allOf of a reference and more",
    object(
      { a: { allOf: [{ $ref: "#/$defs/x" }], properties: { c: TEXT } } },
      { $defs: { x: object({ b: TEXT }) } },
    ),
  ],
  ["allOf that says a word twice", object({ a: { allOf: [TEXT], type: "string" } })],
  ["allOf of no schema", object({ a: { allOf: [true] } })],
  ["conditions", object({ a: TEXT }, { if: {}, else: {} })],
  ["a property that is no schema", object({ a: true })],
  ["anyOf and oneOf together", object({ a: { anyOf: [TEXT], oneOf: [TEXT] } })],
])("cannot be said: %s", (_name, schema) => {
  expect(toOutputSchema(schema as never)).toBeUndefined();
});

test("endless nesting ends", () => {
  let schema: object = TEXT;
  for (let depth = 0; depth < 100; depth++) schema = object({ a: schema });
  expect(toOutputSchema(schema as never)).toBeUndefined();
});
