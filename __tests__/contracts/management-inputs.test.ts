import { randomUUID } from "node:crypto";
import { ROUTE_ACCESS } from "../../services/gateway/http/access";
import { closeRaw, sendRaw } from "../support/enforcement/raw-request";
import { GatewayProcesses, MASTER_KEY, makeKey } from "../support/services/gateway-processes";
import type { ServiceProcess } from "../support/services/service-process";

/**
 * Values that a schema lets through and a database may not take, in every field of every management call of a gateway
 * as it is really run, on a real Postgres: the caller is told what is wrong, and never that the gateway failed.
 */
let processes: GatewayProcesses;
let gateway: ServiceProcess;
let routes: readonly ManagementRoute[];
let named: { readonly key: string; readonly alias: string; readonly user: string; readonly budget: string };

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: "path" | "query" }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: { readonly "application/json": { readonly schema: JsonSchema } };
  };
}
/** One call, with the fields that its schema names. */
interface ManagementRoute {
  readonly method: string;
  readonly path: string;
  readonly bodyFields: readonly string[];
  readonly queryFields: readonly string[];
  readonly pathFields: readonly string[];
}

/** Routes that ask models; their bodies have a fuzz test of their own. */
const GENERATION = /completions|messages|responses/;
/** Calls at the same time. */
const TOGETHER = 8;

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

/** JSON texts, because some of them are no value that `JSON.stringify` writes. */
const BODY_VALUES: Readonly<Record<string, string>> = {
  "a NUL character": '"a\\u0000b"',
  "a lone high surrogate": '"a\\ud800"',
  "a lone low surrogate": '"\\udfff"',
  "a control character": '"a\\u0007b"',
  "a long text": JSON.stringify("x".repeat(100_000)),
  "a long text of large characters": JSON.stringify("😀".repeat(127)),
  nothing: '""',
  "a quote and a backslash": '"\'; DROP TABLE users; --\\\\"',
  "the largest safe number": "9007199254740991",
  "more than a safe number": "9007199254740993",
  "more than eight bytes": "18446744073709551616",
  "a number with an exponent": "1e308",
  "the smallest number": "5e-324",
  "a negative number": "-1",
  "a negative number of eight bytes": "-9223372036854775809",
  "half of one": "0.5",
  "minus nothing": "-0",
  null: "null",
  true: "true",
  "a list with a NUL character": '["a\\u0000b"]',
  "a list with a lone surrogate": '["\\ud800"]',
  "a list of many": `[${'"a",'.repeat(50_000)}"a"]`,
  "a list of 1,000 long texts": JSON.stringify(Array.from({ length: 1000 }, () => "x".repeat(200))),
  "an object with a NUL character": '{"a":"\\u0000"}',
  "an object with a NUL character in a name": '{"a\\u0000":1}',
  "an object with a lone surrogate": '{"a":"\\ud800"}',
  "an object with a lone surrogate in a name": '{"\\udc00":1}',
  "an object with a number beyond a double": '{"a":1e400}',
  "an object with a tiny number": '{"a":5e-324}',
  "an object 40 levels deep": `{"a":${nested(40)}}`,
  "an object 5,000 levels deep": `{"a":${nested(5000)}}`,
  "an object 100,000 levels deep": `{"a":${nested(100_000)}}`,
  "an object with many members": `{${Array.from({ length: 20_000 }, (_, i) => `"m${i}":1`).join(",")}}`,
  "an object with a prototype": '{"__proto__":{"a":1}}',
  "a duration beyond every date": '"999999999mo"',
  "a duration of ten years": '"3650d"',
};

const QUERY_VALUES: readonly string[] = [
  "%00",
  "a%00b",
  "%07",
  "%ED%A0%80",
  "%FF%FE",
  "%F0%9F%98%80",
  "%zz",
  "",
  "0",
  "-1",
  "1e308",
  "9007199254740993",
  "NaN",
  "Infinity",
  "x".repeat(299),
  "x".repeat(12_000),
  "0000-01-01",
  "0001-01-01",
  "9999-12-31",
  "2026-02-30",
  "-000001-01-01",
  "+275760-09-13",
  "00000000-0000-0000-0000-000000000000",
  "%27%3B%20DROP%20TABLE%20users%3B%20--",
  "'\"\\",
];

beforeAll(async () => {
  processes = await GatewayProcesses.start({ upstreamUrl: "http://127.0.0.1:9" });
  await processes.useDatabase("inputs");
  gateway = await processes.startGateway();
  named = { key: await makeKey(gateway, { key_alias: "there" }), alias: "there", user: "u", budget: "b" };
  for (const [path, body] of [
    ["/user/new", { user_id: named.user, auto_create_key: false }],
    ["/budget/new", { budget_id: named.budget }],
  ] as const)
    expect((await call("POST", path, JSON.stringify(body))).status).toBe(200);
  routes = await readRoutes();
}, 60_000);
afterAll(async () => {
  closeRaw();
  await processes?.stop();
});

async function readRoutes(): Promise<ManagementRoute[]> {
  const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(ROUTE_ACCESS).flatMap(([name, { roles }]) => {
    const [method = "", url = ""] = name.split(" ");
    if (roles === "public" || GENERATION.test(url)) return [];
    const path = url.replace(/:(\w+)/g, "{$1}");
    const operation = document.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`${name} is not documented`);
    const { parameters = [], requestBody } = operation;
    const namesIn = (place: string) =>
      parameters.flatMap(({ in: where, name }) => (where === place ? [name] : []));
    const schema = requestBody?.content["application/json"].schema;
    return [
      {
        method,
        path,
        bodyFields: Object.keys(propertiesOf(schema)),
        queryFields: namesIn("query"),
        pathFields: namesIn("path"),
      },
    ];
  });
}

/** Of an object, or of the object in a choice between it and nothing. */
function propertiesOf(schema: (JsonSchema & { readonly anyOf?: readonly JsonSchema[] }) | undefined) {
  return schema?.properties ?? schema?.anyOf?.find((one) => one.properties !== undefined)?.properties ?? {};
}

async function call(method: string, path: string, body?: string | Buffer) {
  const { status, body: text } = await sendRaw(gateway.url, {
    method,
    path,
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
  return { status, text: text.toString() };
}

/** Fields without which a call would be refused before the value in question is looked at, as JSON. */
function restOf(path: string, field: string): Readonly<Record<string, string>> {
  const rest: Record<string, string> = {};
  const add = (name: string, value: unknown) => {
    if (name !== field) rest[name] = JSON.stringify(value);
  };
  if (/^\/key\/(?:update|block|unblock|regenerate|info)$/.test(path)) {
    if (field !== "key_alias") add("key", named.key);
    else if (path === "/key/update" || path === "/key/regenerate") add("key", named.key);
  }
  if (path === "/user/update") add("user_id", named.user);
  if (path === "/user/new") add("user_id", randomUUID());
  if (path === "/budget/update" && field !== "user_id") add("budget_id", named.budget);
  if (path === "/admin/token/new") {
    add("name", randomUUID());
    add("role", "auditor");
  }
  return rest;
}

const isRefusal = ({ status, text }: { status: number; text: string }) =>
  status < 400 || (status < 500 && typeof JSON.parse(text).error.message === "string");

/** Calls that were answered with a failure of the gateway's own. */
async function failuresOf(calls: readonly (readonly [label: string, send: () => ReturnType<typeof call>])[]) {
  const failures: string[] = [];
  const waiting = calls.values();
  const work = async () => {
    for (const [label, send] of waiting) {
      const answer = await send();
      if (!isRefusal(answer)) failures.push(`${label}: ${answer.status} ${answer.text.slice(0, 150)}`);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return failures;
}

test("every management call is tried, and each has fields", () => {
  expect(routes.length).toBeGreaterThan(25);
  expect(
    routes.reduce((sum, { bodyFields, queryFields }) => sum + bodyFields.length + queryFields.length, 0),
  ).toBeGreaterThan(100);
});

test("no value in a body makes a management call fail", async () => {
  const failures: string[] = [];
  for (const { method, path, bodyFields, pathFields } of routes) {
    const urlOf = () => (pathFields.length === 0 ? path : path.replace(/\{\w+\}/, named.key));
    for (const field of bodyFields) {
      failures.push(
        ...(await failuresOf(
          Object.entries(BODY_VALUES).map(([what, json]) => [
            `${method} ${path}, ${field}: ${what}`,
            async () => {
              const members = { ...restOf(path, field), [field]: json };
              const text = Object.entries(members).map(([name, value]) => `${JSON.stringify(name)}:${value}`);
              const answer = await call(method, urlOf(), `{${text.join(",")}}`);
              if (answer.status === 200) await repair(path, answer.text);
              return answer;
            },
          ]),
        )),
      );
    }
  }
  expect(failures).toEqual([]);
}, 300_000);

/** What a call that was taken has changed of the records that the next ones name. */
async function repair(path: string, answer: string): Promise<void> {
  if (/^\/key\/(?:update|\{key\}\/regenerate|regenerate|block|delete)$/.test(path)) {
    named = { ...named, key: await makeKey(gateway) };
  }
  if (path === "/key/generate") expect(answer).toContain("sk-");
  if (path === "/user/delete")
    await call("POST", "/user/new", JSON.stringify({ user_id: named.user, auto_create_key: false }));
  if (path === "/budget/delete")
    await call("POST", "/budget/new", JSON.stringify({ budget_id: named.budget }));
}

test("no value in a query or path makes a management call fail", async () => {
  const failures: string[] = [];
  for (const { method, path, queryFields, pathFields, bodyFields } of routes) {
    const body = bodyFields.length === 0 ? undefined : "{}";
    const tries = [
      ...queryFields.flatMap((field) =>
        QUERY_VALUES.map((value) => `${path.replace(/\{\w+\}/, named.key)}?${field}=${value}`),
      ),
      // Twice the same name, and a name that no schema knows.
      ...queryFields.map((field) => `${path}?${field}=1&${field}=2`),
      ...pathFields.flatMap((field) => QUERY_VALUES.map((value) => path.replace(`{${field}}`, value))),
    ];
    failures.push(
      ...(await failuresOf(
        tries.map((url) => [`${method} ${url.slice(0, 100)}`, () => call(method, url, body)]),
      )),
    );
  }
  expect(failures).toEqual([]);
}, 300_000);

test.each([
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0x61, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ["half of a character of UTF-8", Buffer.from([0x7b, 0x22, 0xe2, 0x82, 0x22, 0x3a, 0x31, 0x7d])],
  ["a list", Buffer.from("[]")],
  ["a number", Buffer.from("1")],
  ["null", Buffer.from("null")],
  ["nothing", Buffer.alloc(0)],
  ["100,000 open brackets", Buffer.from("[".repeat(100_000))],
  ["100,000 levels", Buffer.from(nested(100_000))],
])("a body of %s makes no management call fail", async (_what, body) => {
  const failures = await failuresOf(
    routes.map(({ method, path }) => [
      `${method} ${path}`,
      () => call(method, path.replace(/\{\w+\}/, named.key), body),
    ]),
  );
  expect(failures).toEqual([]);
});
