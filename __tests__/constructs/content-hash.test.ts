import { chmodSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentHash } from "../../constructs/content-hash";
import { temporaryFolder } from "../support/temporary-folder";

function tree(): string {
  const root = temporaryFolder();
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "src/a.ts"), "a");
  writeFileSync(join(root, "src/b.ts"), "b");
  writeFileSync(join(root, "Dockerfile"), "FROM x");
  return root;
}

const hash = (root: string) => contentHash(root, ["Dockerfile", "src"]);

describe("contentHash", () => {
  it("is the same for the same files elsewhere, at another time, in another order", () => {
    const [one, two] = [tree(), tree()];
    utimesSync(join(two, "src/a.ts"), 0, 0);
    expect(hash(one)).toBe(hash(two));
    expect(contentHash(one, ["src", "Dockerfile"])).toBe(hash(one));
    expect(hash(one)).toMatch(/^[0-9a-f]{12}$/);
  });

  it.each<[string, (root: string) => void]>([
    ["content", (root) => writeFileSync(join(root, "src/a.ts"), "A")],
    ["a name", (root) => renameSync(join(root, "src/a.ts"), join(root, "src/c.ts"))],
    ["a new file", (root) => writeFileSync(join(root, "src/c.ts"), "")],
    ["the executable bit", (root) => chmodSync(join(root, "src/a.ts"), 0o755)],
    [
      "bytes moved from one file to the next",
      (root) => {
        writeFileSync(join(root, "src/a.ts"), "");
        writeFileSync(join(root, "src/b.ts"), "ab");
      },
    ],
  ])("changes with %s", (_what, change) => {
    const root = tree();
    const before = hash(root);
    change(root);
    expect(hash(root)).not.toBe(before);
  });

  it("names an input that is missing, and one that is a link", () => {
    const root = tree();
    expect(() => contentHash(root, ["nope"])).toThrow("image input nope does not exist");
    symlinkSync("/etc/hosts", join(root, "src/link"));
    expect(() => hash(root)).toThrow("src/link is neither a file nor a folder");
  });

  it("changes with a further value, and stays without one", () => {
    const root = tree();
    const withValues = (values: Record<string, string>) => contentHash(root, ["Dockerfile", "src"], values);
    expect(withValues({})).toBe(hash(root));
    expect(withValues({ a: "1", b: "2" })).toBe(withValues({ b: "2", a: "1" }));
    expect(
      new Set([hash(root), withValues({ a: "1" }), withValues({ a: "2" }), withValues({ b: "1" })]).size,
    ).toBe(4);
  });
});
