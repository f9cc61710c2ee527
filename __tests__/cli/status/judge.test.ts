import {
  gatewayProblems,
  keyProvisionerProblems,
  modelNotices,
  modelProblems,
  readinessInWords,
} from "../../../cli/status/judge";
import type { GatewayStatus } from "../../../cli/status/platform-status";

const gateway: GatewayStatus = {
  status: "connected",
  ready: true,
  budgets: "available",
  audit: "database",
  database: "connected",
  version: "1.0.0",
  journal_bytes: 0,
};

describe("the gateway", () => {
  it("is no problem when it is connected, or its container has one already", () => {
    expect(gatewayProblems({ gateway, models: [] })).toEqual([]);
    expect(gatewayProblems(undefined)).toEqual([]);
  });

  it("says in words what does not work", () => {
    const degraded = {
      ...gateway,
      status: "degraded",
      database: "disconnected",
      budgets: "unavailable",
      audit: "journal",
    };
    expect(readinessInWords(degraded)).toBe(
      "degraded: Postgres is unavailable, requests that need a budget or limit get 503, audit rows wait in the journal",
    );
    expect(gatewayProblems({ gateway: degraded, models: [] })).toHaveLength(1);
    expect(readinessInWords({ ...gateway, status: "starting" })).toContain("waits for Postgres");
  });

  it("that gives no answer is a problem with its reason", () => {
    expect(
      gatewayProblems({ gateway: null, models: undefined, fault: "docker exec failed: no answer" })[0]?.what,
    ).toBe("the gateway cannot be asked: docker exec failed: no answer");
  });
});

it("the key-provisioner is a problem when it is not ready or cannot be asked", () => {
  expect(keyProvisionerProblems({ ready: true })).toEqual([]);
  expect(keyProvisionerProblems({ ready: false })[0]?.what).toContain("not ready");
  expect(keyProvisionerProblems({ ready: false, missing: ["database", "coder token"] })).toEqual([
    {
      what: "the key-provisioner is not ready: it lacks database, coder token",
      remedy: "npm run sluice -- coder bootstrap",
    },
  ]);
  expect(keyProvisionerProblems("HTTP 500")[0]?.what).toContain("HTTP 500");
});

describe("models", () => {
  const models = [
    { name: "a", usable: true, reasons: ["a/1: cooling down for 20 s, because it failed"] },
    { name: "b", usable: false, reasons: ["b/0: ANTHROPIC_API_KEY is not set"] },
  ];

  it("are a problem when no deployment can be asked", () =>
    expect(modelProblems(models)).toEqual([
      {
        what: "the model b cannot be used: b/0: ANTHROPIC_API_KEY is not set",
        remedy: "export the variable that is missing, npm run deploy",
      },
    ]));

  it("are told of when another deployment answers", () =>
    expect(modelNotices(models)).toEqual(["not asked: a/1: cooling down for 20 s, because it failed"]));
});
