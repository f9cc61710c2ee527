import { buildLevels } from "../../../../services/gateway/config-file/build-levels";
import { parseConfigFile } from "../../../../services/gateway/config-file/parse";

const levels = (section: string, fallback?: string) =>
  buildLevels(parseConfigFile(`model_list: []\n${section}`), fallback);
const OWN =
  "enforcement_settings: { levels: [{ name: pair, file: pair.md, strictness: 150 }], default_level: pair, minimum_by_scope: { ci: design-first } }";

it.each([
  ["neither says one", "", undefined, "standard"],
  ["the environment says one", "", "design-first", "design-first"],
  [
    "the file says one, too: it counts",
    "enforcement_settings: { default_level: unrestricted }",
    "design-first",
    "unrestricted",
  ],
  ["the file's is a level of its own", OWN, "standard", "pair"],
  ["the environment's is a level of the file", OWN.replace("default_level: pair,", ""), "pair", "pair"],
])("default level: %s", (_what, section, fallback, expected) => {
  expect(levels(section, fallback).levelOf({}).name).toBe(expected);
});

it("has the file's minimums", () => {
  expect(levels(OWN).levelOf({ scope: "ci:shop", enforcement_level: "unrestricted" }).name).toBe(
    "design-first",
  );
});

it("names the variable when the fallback is no level", () => {
  expect(() => levels("", "strict")).toThrow(
    "DEFAULT_ENFORCEMENT_LEVEL: strict is not one of unrestricted, standard, design-first; correct it, or remove it for standard",
  );
});
