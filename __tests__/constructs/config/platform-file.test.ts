import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { platformFile } from "../../../constructs/config/platform-file";
import { temporaryFolder } from "../../support/temporary-folder";

describe("platformFile", () => {
  const project = temporaryFolder();

  it("is the example until there is a platform.yaml, and SLUICE_CONFIG beats both", () => {
    expect(platformFile({}, project)).toBe(join(project, "platform.example.yaml"));
    writeFileSync(join(project, "platform.yaml"), "");
    expect(platformFile({}, project)).toBe(join(project, "platform.yaml"));
    expect(platformFile({ SLUICE_CONFIG: "other/p.yaml" }, project)).toBe(join(project, "other/p.yaml"));
  });
});
