import {
  DEFAULT_ROUTING,
  type Deployment,
  type ModelCatalog,
} from "../../../../services/gateway/providers/deployment";
import { findGroup, listStatuses } from "../../../../services/gateway/providers/model-groups";

describe("find group", () => {
  const deployment = (id: string) => ({ id }) as Deployment;
  const catalog: ModelCatalog = {
    groups: new Map([
      ["two", [deployment("two/0"), deployment("two/1")]],
      ["none", []],
    ]),
    mayDropParams: false,
    routing: DEFAULT_ROUTING,
  };

  test("the group in its order", () => {
    expect(findGroup(catalog, "two")).toEqual([{ id: "two/0" }, { id: "two/1" }]);
  });

  test.each([
    ["none", "none-available"],
    ["other", "unknown-model"],
    ["__proto__", "unknown-model"],
  ])("%s: %s", (model, reason) => {
    expect(findGroup(catalog, model)).toBe(reason);
  });
});

test("lists what is used and what was left out, with its reason", () => {
  const used = { id: "a/0", modelName: "a", upstreamModel: "a-1" } as Deployment;
  const skipped = { id: "a/1", modelName: "a", upstreamModel: "bedrock/a", error: "AWS_REGION is not set" };
  const catalog = { groups: new Map([["a", [used]]]) };
  expect(listStatuses(catalog, [skipped])).toEqual([{ ...used, error: undefined }, skipped]);
});
