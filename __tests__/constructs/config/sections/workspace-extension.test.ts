import { WorkspaceExtension } from "../../../../constructs/config/sections/workspace-extension";

const sha256 = "ab".repeat(32);
const URL_MESSAGE = "must be an http or https URL of a VSIX, without credentials, query and fragment";

describe("the extension of workspaces", () => {
  it.each([
    "https://github.com/RooCodeInc/Roo-Code/releases/download/v3.54.0/roo-cline-3.54.0.vsix",
    "http://files.example.org:8080/x.vsix",
  ])("may come from %s", (url) => {
    expect(WorkspaceExtension.parse({ url, sha256 })).toEqual({ url, sha256 });
  });

  it.each([
    "ftp://example.org/x.vsix",
    "file:///x.vsix",
    "x.vsix",
    "https://me:token@example.org/x.vsix",
    "https://example.org/x.vsix?token=1",
    "https://example.org/x.vsix#1",
    `https://example.org/${"x".repeat(600)}`,
  ])("may not come from %s", (url) => {
    const { error } = WorkspaceExtension.safeParse({ url, sha256 });
    expect(error?.issues.map(({ message }) => message)).toEqual([URL_MESSAGE]);
  });

  it.each(["", "ab", "zz".repeat(32), undefined])("needs a whole checksum, not %s", (checksum) => {
    const url = "https://example.org/x.vsix";
    expect(WorkspaceExtension.safeParse({ url, sha256: checksum }).success).toBe(false);
  });
});
