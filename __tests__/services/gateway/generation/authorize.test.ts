import { selectGroup } from "../../../../services/gateway/generation/authorize";
import type { Caller } from "../../../../services/gateway/identity/caller";
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
const keyFor = (...models: string[]) => ({ kind: "key", key: { models } }) as unknown as Caller;

it.each([[[]], [["two"]]])("the group in its order, for a key with the models %j", (models) => {
  expect(selectGroup(catalog, keyFor(...models), "two")).toEqual([first, second]);
});

it.each([
  ["a model that the key may not use", keyFor("none"), "two", 403],
  ["a model that the key may not use and nobody serves", keyFor("two"), "other", 403],
  ["a model that nobody configured", keyFor(), "other", 404],
  ["a model that nobody configured, and that is not the key's", keyFor("mine"), "other", 403],
  ["a model that has no deployment", keyFor(), "none", 503],
])("refuses %s", (_name, caller, model, status) => {
  expect(() => selectGroup(catalog, caller, model)).toThrow(expect.objectContaining({ status }));
});
