import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { synthesize } from "../../cli/synthesize";
import { temporaryFolder } from "../support/temporary-folder";

describe("synthesizing", () => {
  const warn = jest.spyOn(console, "warn").mockImplementation(() => {});
  afterAll(() => warn.mockRestore());
  const outdir = process.env["CDKTF_OUTDIR"];
  afterEach(() => {
    if (outdir === undefined) delete process.env["CDKTF_OUTDIR"];
    else process.env["CDKTF_OUTDIR"] = outdir;
    warn.mockClear();
  });

  const synthesizeYaml = (yaml: string) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "platform.yaml"), `apiVersion: sluice/v1\n${yaml}`);
    process.env["CDKTF_OUTDIR"] = join(folder, "out");
    synthesize({ SLUICE_CONFIG: join(folder, "platform.yaml"), SLUICE_HOME: folder });
  };

  it("says nothing when there is nothing to say", () => {
    synthesizeYaml("");
    expect(warn).not.toHaveBeenCalled();
  });

  it("warns when workspaces are not isolated", () => {
    synthesizeYaml("networks: { workspaces: { isolation: none } }");
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching(/^Warning: networks\.workspaces\.isolation is none: .*Remedy: /),
    );
  });
});
