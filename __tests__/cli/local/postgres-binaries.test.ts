import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPostgresBinaries, makeSymlinks } from "../../../cli/local/postgres-binaries";

describe("findPostgresBinaries", () => {
  it("finds the programs of this machine", () => {
    const { initdb, postgres } = findPostgresBinaries();
    expect(existsSync(initdb)).toBe(true);
    expect(existsSync(postgres)).toBe(true);
  });
});

describe("makeSymlinks", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sluice-links-"));
    mkdirSync(join(root, "native/lib"), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("makes relative links and can be repeated", () => {
    writeFileSync(join(root, "native/lib/libpq.so.5.18"), "");
    writeFileSync(
      join(root, "native/pg-symlinks.json"),
      JSON.stringify([{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }]),
    );
    makeSymlinks(root);
    makeSymlinks(root);
    expect(readlinkSync(join(root, "native/lib/libpq.so.5"))).toBe("libpq.so.5.18");
  });

  it("has nothing to do where a package has no list", () => expect(() => makeSymlinks(root)).not.toThrow());
});
