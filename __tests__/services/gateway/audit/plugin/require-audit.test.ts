import type { FastifyRequest } from "fastify";
import { requireAudit } from "../../../../../services/gateway/audit/plugin";

const requestWith = (props: object) =>
  ({ routeOptions: { url: "/v1/messages" }, ...props }) as unknown as FastifyRequest;

it("hands on a request whose caller is known and whose row is open", () => {
  const request = requestWith({ audit: {}, caller: { kind: "master", version: "current" } });
  expect(requireAudit(request)).toBe(request);
});

it.each([
  ["no row", { caller: { kind: "master", version: "current" } }],
  ["no caller", { audit: {} }],
])("lets nothing be spent with %s, and names the route", (_name, props) => {
  expect(() => requireAudit(requestWith(props))).toThrow("no audit row is open for /v1/messages");
});
