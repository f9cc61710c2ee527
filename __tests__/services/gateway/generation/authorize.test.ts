import { selectGroup } from "../../../../services/gateway/generation/authorize";
import { DEFAULT_ROUTING } from "../../../../services/gateway/providers/deployment";
import { anthropicDeployment } from "../../../support/services/test-gateway";

const first = anthropicDeployment({ id: "two/0" });
const second = anthropicDeployment({ id: "two/1" });
const catalog = {
  groups: new Map([
    ["two", [first, second]],
    ["none", []],
  ]),
  mayDropParams: false,
  routing: DEFAULT_ROUTING,
};

it.each([[undefined], [["two"]]])("the group in its order, for a caller with the models %j", (allowed) => {
  expect(selectGroup(catalog, allowed, "two")).toEqual([first, second]);
});

it.each([
  ["a model that the key may not use", ["none"], "two", 403],
  ["any model when key and user have none in common", [], "two", 403],
  ["a model that the key may not use and nobody serves", ["two"], "other", 403],
  ["a model that nobody configured", undefined, "other", 404],
  ["a name that every object has", undefined, "__proto__", 404],
  ["a model that nobody configured, and that is not the key's", ["mine"], "other", 403],
  ["a model that has no deployment", undefined, "none", 503],
])("refuses %s", (_name, allowed, model, status) => {
  expect(() => selectGroup(catalog, allowed, model)).toThrow(expect.objectContaining({ status }));
});
