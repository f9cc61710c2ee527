import { readEnvelope } from "../../../../services/gateway/generation/read-request";

const read = (body: unknown, headers = {}) =>
  readEnvelope(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), headers);

it.each([
  ["a model alone", { model: "m" }, false],
  ["a stream", { model: "m", stream: true }, true],
  ["no stream", { model: "m", stream: false }, false],
  ["nothing said of a stream", { model: "m", stream: null }, false],
])("reads %s", (_name, body, isStream) => {
  const bodyBytes = Buffer.byteLength(JSON.stringify(body));
  const values = 1 + Object.keys(body).length;
  expect(read(body)).toEqual({ body, bodyBytes, values, model: "m", isStream, endUser: undefined });
});

it("refuses more values than a conversation can have, as too large", () => {
  const body = (values: number) => `{"model":"m","x":[${"0,".repeat(values - 4)}0]}`;
  expect(read(body(150_000)).values).toBe(150_000);
  expect(() => read(body(150_001))).toThrow(expect.objectContaining({ status: 413 }));
});

it("takes names of models of up to 500 characters", () => {
  expect(read({ model: "m".repeat(500) }).model).toHaveLength(500);
});

const REFUSED: [body: object, param: string, message: string][] = [
  [{}, "model", "model is missing; it must be the name of a model, up to 500 characters"],
  ...["", null, 1, ["m"], "m".repeat(501)].map((model): [object, string, string] => [
    { model },
    "model",
    "model must be the name of a model, up to 500 characters",
  ]),
  ...["true", 1, {}].map((stream): [object, string, string] => [
    { model: "m", stream },
    "stream",
    "stream must be true or false",
  ]),
  [{ model: "m", user: 1 }, "user", "user must be text"],
  [{ model: "m", safety_identifier: {} }, "safety_identifier", "safety_identifier must be text"],
];
it.each(REFUSED)("refuses %j", (body, param, message) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ name: "TranslationError", param, message }));
});

it.each(["", "{", "[]", '"x"', "null", "1"])("refuses the body %j", (body) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ status: 400 }));
});

it.each([
  [{ user: "a", safety_identifier: "b" }, {}, "a"],
  [{ user: "", safety_identifier: "b" }, {}, "b"],
  [{ user: null }, {}, undefined],
  [{ user: "a" }, { "x-litellm-customer-id": "c" }, "c"],
  [{ user: "a" }, { "x-litellm-end-user-id": "d", "x-litellm-customer-id": "c" }, "d"],
  [{ user: "a" }, { "x-litellm-end-user-id": "" }, "a"],
])("the end user of %j with %j is %s", (fields, headers, endUser) => {
  expect(read({ model: "m", ...fields }, headers).endUser).toBe(endUser);
});
