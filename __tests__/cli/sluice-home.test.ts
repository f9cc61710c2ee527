import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkHome, openHome, openState, PROJECT_ROOT, sluiceHome, stateFile } from "../../cli/sluice-home";
import { temporaryFolder } from "../support/temporary-folder";

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("sluiceHome", () => {
  it("is .sluice, or SLUICE_HOME, relative to the project", () => {
    expect(sluiceHome({})).toBe(join(PROJECT_ROOT, ".sluice"));
    expect(sluiceHome({ SLUICE_HOME: ".sluice-team" })).toBe(join(PROJECT_ROOT, ".sluice-team"));
    expect(sluiceHome({ SLUICE_HOME: "/srv/team" })).toBe("/srv/team");
  });
});

describe("checkHome", () => {
  const user = process.getuid?.() ?? 0;

  it("takes one that is not there yet, and one of the user's own", () => {
    const home = temporaryFolder();
    writeFileSync(join(home, "secrets.tfvars.json"), "{}");
    expect(() => checkHome(join(home, "new"))).not.toThrow();
    expect(() => checkHome(home)).not.toThrow();
  });

  it("refuses a file, and what lies below one", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    expect(() => checkHome(file)).toThrow(`the home ${file} is not a folder`);
    expect(() => checkHome(join(file, "home"))).toThrow("there is a file where a folder should be (ENOTDIR)");
  });

  it("refuses one of another user, and one with a file of another user", () => {
    if (user !== 0) return;
    const home = temporaryFolder();
    const file = join(home, "state/platform.tfstate");
    mkdirSync(join(home, "state"));
    writeFileSync(file, "{}");
    chownSync(file, 1000, 1000);
    expect(() => checkHome(home)).toThrow(`${file} belongs to user 1000, and this is user 0`);
    chownSync(home, 1000, 1000);
    expect(() => checkHome(home)).toThrow(`${home} belongs to user 1000`);
    expect(() => checkHome(home, 1000)).not.toThrow();
  });
});

describe("openHome", () => {
  it("makes a folder that nobody else enters and git ignores, whatever it is called", () => {
    const home = join(temporaryFolder(), "team/.sluice-team");
    openHome(home);
    expect(mode(home)).toBe("700");
    expect(readFileSync(join(home, ".gitignore"), "utf8")).toBe("*\n");
  });

  it.each([
    ["closes one that others may look into", 0o755, "700"],
    ["lets a group go on passing, as the database of a running local platform must", 0o710, "710"],
  ])("%s", (_what, before, after) => {
    const home = temporaryFolder();
    chmodSync(home, before);
    openHome(home);
    expect(mode(home)).toBe(after);
  });
});

describe("openState", () => {
  it("closes what the Terraform of the CDKTF CLI has left readable", () => {
    const home = temporaryFolder();
    const files = [stateFile(home), `${stateFile(home)}.backup`];
    mkdirSync(join(home, "state"), { mode: 0o755 });
    for (const file of files) writeFileSync(file, "{}", { mode: 0o644 });
    openState(home);
    expect([join(home, "state"), ...files].map(mode)).toEqual(["700", "600", "600"]);
  });
});
