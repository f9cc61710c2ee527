import { ROUTE_ACCESS } from "../../../../services/gateway/management/route-access";
import { callApp } from "../../../support/services/call-app";
import { buildTestGateway, type TestGateway } from "../../../support/services/test-gateway";

let gateway: TestGateway;
// biome-ignore lint/suspicious/noExplicitAny: a document is read by its paths
let document: any;
beforeAll(async () => {
  gateway = buildTestGateway();
  document = (await callApp(gateway.app, { url: "/openapi.json" })).json();
});
afterAll(() => gateway.close());

test.each(Object.keys(ROUTE_ACCESS))("%s is described", (route) => {
  const [method = "", url = ""] = route.split(" ");
  const operation = document.paths[url.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
  expect(operation.summary).not.toBe("");
  expect(operation.security).toEqual(ROUTE_ACCESS[route]?.roles === "public" ? [] : [{ key: [] }]);
  const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const documented = (operation.parameters ?? []).filter((one: { in: string }) => one.in === "path");
  expect(documented.map((one: { name: string }) => one.name)).toEqual(inPath);
  if (method === "POST") expect(operation.requestBody.content["application/json"].schema).toBeDefined();
});

test("operation ids are unique, references lead somewhere", () => {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path as object));
  const ids = operations.map((operation) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
    ([, path = ""]) => path,
  );
  expect(references.length).toBeGreaterThan(1);
  for (const path of new Set(references)) {
    expect(path.split("/").reduce((node, step) => node?.[step], document)).toBeDefined();
  }
});

test("says what a client may send: USD, not what is stored, and no other field", () => {
  const schema = document.paths["/key/generate"].post.requestBody.content["application/json"].schema;
  expect(schema.additionalProperties).toBe(false);
  expect(JSON.stringify(schema.properties.max_budget)).toContain("number");
  const query = document.paths["/key/list"].get.parameters;
  expect(query).toContainEqual(expect.objectContaining({ name: "size", in: "query", required: false }));
});
