import type { FastifyRequest } from "fastify";
import { type Caller, callerOf } from "../../../../services/gateway/identity/caller";

const requestOf = (caller: Caller | undefined) => ({ caller }) as FastifyRequest;

it("gives whoever was identified", () => {
  const master: Caller = { kind: "master", version: "current" };
  expect(callerOf(requestOf(master))).toBe(master);
});

it("refuses a request that nobody identified as one without a key", () => {
  expect(() => callerOf(requestOf(undefined))).toThrow(
    expect.objectContaining({ status: 401, type: "auth_error" }),
  );
});
