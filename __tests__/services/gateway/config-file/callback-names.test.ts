import { readCallbackNames } from "../../../../services/gateway/config-file/callback-names";
import { parseConfigFile } from "../../../../services/gateway/config-file/parse";

test.each([
  ["", { success: [], failure: [], both: [] }],
  [
    'litellm_settings: { success_callback: ["a", "b"], failure_callback: [a], callbacks: ["x.y"] }',
    { success: ["a", "b"], failure: ["a"], both: ["x.y"] },
  ],
  [
    "litellm_settings: { success_callback: a, failure_callback: [1], callbacks: {} }",
    { success: ["a"], failure: [], both: [] },
  ],
])("%j", (settings, names) => {
  expect(readCallbackNames(parseConfigFile(`model_list: []\n${settings}`))).toEqual(names);
});
