import { createLogger } from "../../../services/shared/logger";

function logged(...args: [object, string?]): string {
  let line = "";
  const logger = createLogger({
    name: "test",
    level: "info",
    destination: {
      write: (text) => {
        line += text;
      },
    },
  });
  logger.info(...args);
  return line;
}

function syntaxErrorOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}

test.each([
  { authorization: "Bearer hunter2" },
  { headers: { authorization: "Bearer hunter2", "x-api-key": "hunter2", cookie: "hunter2" } },
  { req: { headers: { authorization: "Bearer hunter2" } } },
  { config: { masterKey: "hunter2", databaseUrl: "hunter2" } },
  { a: { b: { apiKey: "hunter2" } } },
  { body: { key: "hunter2", keys: ["hunter2"] } },
  { err: new Error("connect postgres://user:hunter2@db:5432/x failed") },
  { err: Object.assign(new Error("x"), { config: { password: "hunter2" }, parameters: ["hunter2"] }) },
  { err: new Error("key sk-hunter2-hunter2 refused") },
  { err: "postgres://user:hunter2@db" },
  ...[
    "hunter2",
    '{"a": hunter2',
    '"hunter2',
    '{"hunter2":1,}',
    '["hunter2"\n at',
    '{"a":"hunter2\n"}',
    "\\hunter2",
  ].map((text) => ({ err: syntaxErrorOf(text) })),
])("a planted secret is not in the line: %#", (fields) => {
  expect(logged(fields, "text")).not.toContain("hunter2");
});

test("the rest of an error is there", () => {
  const line = JSON.parse(logged({ err: Object.assign(new TypeError("broke"), { code: "EPIPE" }) }));
  expect(line.err).toMatchObject({
    type: "TypeError",
    message: "broke",
    code: "EPIPE",
    stack: expect.stringContaining("logger.test"),
  });
});

test("an error of JSON says where it was thrown", () => {
  const line = JSON.parse(logged({ err: syntaxErrorOf("{hunter2") }));
  expect(line.err).toMatchObject({
    type: "SyntaxError",
    message: "not valid JSON",
    stack: expect.stringMatching(/^SyntaxError: not valid JSON\n +at JSON\.parse/),
  });
});
