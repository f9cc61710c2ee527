import type { Deployment, ModelCatalog } from "../../../../services/gateway/routing/deployment";
import { findGroup } from "../../../../services/gateway/routing/find-group";
import { DEFAULT_ROUTING } from "../../../../services/gateway/routing/routing-settings";

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
