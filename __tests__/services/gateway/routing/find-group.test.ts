import { chooseDeployment } from "../../../../services/gateway/routing/choose-deployment";
import type { Deployment, ModelCatalog } from "../../../../services/gateway/routing/deployment";

const deployment = (id: string) => ({ id }) as Deployment;
const catalog: ModelCatalog = {
  groups: new Map([
    ["two", [deployment("two/0"), deployment("two/1")]],
    ["none", []],
  ]),
  mayDropParams: false,
};

test("the first of the group", () => {
  expect(chooseDeployment(catalog, "two")).toEqual({ id: "two/0" });
});

test.each([
  ["none", "none-available"],
  ["other", "unknown-model"],
  ["__proto__", "unknown-model"],
])("%s: %s", (model, reason) => {
  expect(chooseDeployment(catalog, model)).toBe(reason);
});
