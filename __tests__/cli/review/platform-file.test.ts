import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkDeclared, comparedFile, sidesConfig } from "../../../cli/review/platform-file";
import { temporaryFolder } from "../../support/temporary-folder";

const folder = (...files: string[]) => {
  const path = temporaryFolder();
  for (const file of files) writeFileSync(join(path, file), "apiVersion: sluice/v1\n");
  return path;
};
const own = comparedFile("/project", {});

describe("the platform file that is compared", () => {
  it("is the one that SLUICE_CONFIG names in the checkout, by its place in it", () => {
    expect(comparedFile("/project", { SLUICE_CONFIG: "teams/a.yaml" }).name).toBe("teams/a.yaml");
    expect(comparedFile("/project", { SLUICE_CONFIG: "/project/teams/a.yaml" }).name).toBe("teams/a.yaml");
    expect(own).toEqual({ name: "platform.yaml", isChosen: false });
  });

  it.each(["../a.yaml", "/elsewhere/a.yaml", "/project2/a.yaml"])("cannot lie outside: %s", (file) =>
    expect(() => comparedFile("/project", { SLUICE_CONFIG: file })).toThrow(
      /outside the checkout[\s\S]+→ name a file in the checkout/,
    ),
  );

  it("is the example only where neither side declares a platform", () => {
    expect(sidesConfig(own, [folder(), folder()])).toBe("platform.example.yaml");
    expect(sidesConfig(own, [folder("platform.yaml"), folder()])).toBeUndefined();
    expect(sidesConfig(own, [folder()])).toBeUndefined();
    expect(sidesConfig({ name: "a.yaml", isChosen: true }, [folder(), folder()])).toBe("a.yaml");
  });

  it("has to be on the side that is looked at", () => {
    expect(() => checkDeclared("head", folder(), undefined)).toThrow("platform.yaml is missing in head");
    expect(() => checkDeclared("base", folder("platform.yaml"), "a.yaml")).toThrow(
      "a.yaml is missing in base",
    );
    expect(() => checkDeclared("head", folder("platform.yaml"), undefined)).not.toThrow();
    // That the side refuses, with the remedy.
    expect(() => checkDeclared("head", folder("platform.yml"), undefined)).not.toThrow();
  });
});
