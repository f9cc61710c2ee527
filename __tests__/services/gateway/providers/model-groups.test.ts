import type { Deployment } from "../../../../services/gateway/providers/deployment";
import { DEFAULT_ROUTING } from "../../../../services/gateway/providers/deployment";
import {
  countModels,
  findDeployment,
  listModels,
  listStatuses,
  mayUseModel,
} from "../../../../services/gateway/providers/model-groups";

const deployment = (id: string) => ({ id, modelName: id.split("/")[0] }) as Deployment;
const first = deployment("two/0");
const second = deployment("two/1");
const catalog = {
  groups: new Map([
    ["two", [first, second]],
    ["none", []],
    ["one", [deployment("one/0")]],
  ]),
  mayDropParams: false,
  routing: DEFAULT_ROUTING,
};

test("a deployment is found by its id, if it can be used", () => {
  expect(findDeployment(catalog, "two/1")).toBe(second);
  expect(findDeployment(catalog, "none/0")).toBeUndefined();
});

test("models without a deployment do not count, and counting stops early", () => {
  expect(countModels(catalog, 10)).toBe(2);
  expect(countModels(catalog, 1)).toBe(1);
});

test.each([
  [undefined, true],
  [["one", "two"], true],
  [["one"], false],
  [[], false],
])("with the models %j a caller may use two: %s", (allowed, may) =>
  expect(mayUseModel(allowed, "two")).toBe(may),
);

test.each([
  [undefined, ["two", "one"]],
  [["none", "one"], ["one"]],
  [[], []],
])("with the models %j a caller is shown %j", (allowed, shown) =>
  expect(listModels(catalog, allowed)).toEqual(shown),
);

test("lists what is used and what was left out, with its reason", () => {
  const used = { id: "a/0", modelName: "a", upstreamModel: "a-1" } as Deployment;
  const skipped = { id: "a/1", modelName: "a", upstreamModel: "bedrock/a", error: "AWS_REGION is not set" };
  const catalog = { groups: new Map([["a", [used]]]) };
  expect(listStatuses(catalog, [skipped])).toEqual([{ ...used, error: undefined }, skipped]);
});
