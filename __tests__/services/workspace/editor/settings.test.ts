import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { extensionRecord } from "../../../../services/workspace/container/built-in-extension";
import { editorData } from "../../../../services/workspace/container/places";
import { withSetting, writeEditorSettings } from "../../../../services/workspace/editor/settings";
import { testPlaces } from "../../../support/workspace/places";

describe("a setting that is added", () => {
  it.each([
    ["{}", '{\n  "a": "b"\n}'],
    ["{\n}\n", '{\n  "a": "b"\n}\n'],
    ["", '{\n  "a": "b"\n}\n'],
    ['{\n  "x": 1\n}\n', '{\n  "a": "b",\n  "x": 1\n}\n'],
    ['// {\n/* { */ {\n  // mine\n  "x": 1,\n}', '// {\n/* { */ {\n  "a": "b",\n  // mine\n  "x": 1,\n}'],
    ["{ // none yet\n}", '{\n  "a": "b" // none yet\n}'],
  ])("goes first into %j", (text, expected) => {
    expect(withSetting(text, "a", "b")).toBe(expected);
  });

  it.each(['{ "a": "mine" }', "[]", "null", "// nothing"])("does not go into %j", (text) => {
    expect(withSetting(text, "a", "b")).toBeUndefined();
  });
});

describe("the settings of code-server", () => {
  it("of the machine are made anew, those of the user have the path of the import file", async () => {
    const places = testPlaces();
    const [machine, user] = ["Machine", "User"].map((name) =>
      join(editorData(places), name, "settings.json"),
    );
    mkdirSync(dirname(String(machine)), { recursive: true });
    writeFileSync(String(machine), '{"chat.disableAIFeatures": false}');
    await writeEditorSettings(places);
    const path = join(places.home, ".config/roo-code/settings.json");
    expect(JSON.parse(readFileSync(String(machine), "utf8"))).toMatchObject({
      "chat.disableAIFeatures": true,
      "telemetry.telemetryLevel": "off",
      "extensions.autoUpdate": false,
      "roo-cline.autoImportSettingsPath": path,
      "zoo-code.autoImportSettingsPath": path,
      "terminal.integrated.profiles.linux": { bash: { args: ["-l"] } },
    });
    expect(JSON.parse(readFileSync(String(user), "utf8"))).toEqual({
      "roo-cline.autoImportSettingsPath": path,
    });
  });

  it("have the name that the extension of the image reads", async () => {
    const places = testPlaces();
    const record = { id: "zoocodeorganization.zoo-code", version: "3.82.0" };
    writeFileSync(extensionRecord(places), JSON.stringify(record));
    await writeEditorSettings(places);
    const user = readFileSync(join(editorData(places), "User/settings.json"), "utf8");
    expect(Object.keys(JSON.parse(user))).toEqual(["zoo-code.autoImportSettingsPath"]);
  });
});
