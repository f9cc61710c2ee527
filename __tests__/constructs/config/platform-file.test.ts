import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { platformFile } from "../../../constructs/config/platform-file";
import { temporaryFolder } from "../../support/temporary-folder";

const folderWith = (...names: string[]) => {
  const folder = temporaryFolder();
  for (const name of names) writeFileSync(join(folder, name), "");
  return folder;
};

describe("platformFile", () => {
  it("is platform.yaml, and SLUICE_CONFIG beats it", () => {
    const project = folderWith("platform.yaml", "team.yaml");
    expect(platformFile({ env: {}, project })).toBe(join(project, "platform.yaml"));
    expect(platformFile({ env: { SLUICE_CONFIG: "team.yaml" }, project })).toBe(join(project, "team.yaml"));
  });

  it("is the example only for those that may use it", () => {
    const project = folderWith("platform.example.yaml");
    expect(platformFile({ env: {}, project, mayUseExample: true })).toBe(
      join(project, "platform.example.yaml"),
    );
    expect(() => platformFile({ env: {}, project })).toThrow(
      "platform.yaml: does not exist, so it is unknown which platform is meant; remedy: cp platform.example.yaml platform.yaml, edit it and try again, or name another file with SLUICE_CONFIG",
    );
  });

  it("is never the example where a link leads nowhere", () => {
    const project = folderWith("platform.example.yaml");
    symlinkSync("gone.yaml", join(project, "platform.yaml"));
    expect(platformFile({ env: {}, project, mayUseExample: true })).toBe(join(project, "platform.yaml"));
  });

  it.each(["platform.yml", "Platform.yaml"])("refuses to overlook a %s", (name) => {
    const project = folderWith("platform.example.yaml", name);
    expect(() => platformFile({ env: {}, project, mayUseExample: true })).toThrow(
      `${name}: a platform is not read from a file of this name; allowed: platform.yaml; remedy: mv ${name} platform.yaml, or name it with SLUICE_CONFIG=${name}`,
    );
    expect(platformFile({ env: { SLUICE_CONFIG: name }, project })).toBe(join(project, name));
  });

  it("asks which one is meant where there are two", () => {
    const project = folderWith("platform.yaml", "platform.yml");
    expect(() => platformFile({ env: {}, project })).toThrow(
      "platform.yaml is there as well: remove one of the two",
    );
  });

  it("refuses a SLUICE_CONFIG that names no file, with the one that was meant", () => {
    const project = folderWith("platform.yaml", "team.yaml");
    expect(() => platformFile({ env: { SLUICE_CONFIG: "taem.yml" }, project, mayUseExample: true })).toThrow(
      `SLUICE_CONFIG: names taem.yml, and there is no ${join(project, "taem.yml")}; remedy: did you mean team.yaml? correct it, or unset it to use platform.yaml`,
    );
  });
});
