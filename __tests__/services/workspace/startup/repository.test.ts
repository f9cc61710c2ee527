import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Places } from "../../../../services/workspace/container/places";
import { applyDotfiles, cloneRepository } from "../../../../services/workspace/startup/repository";
import { temporaryFolder } from "../../../support/temporary-folder";
import { testPlaces } from "../../../support/workspace/places";

const IDENTITY = ["-c", "user.name=test", "-c", "user.email=test@example.org"];

/** A repository that git reads by its plain HTTP protocol. */
class HttpRepository {
  readonly #work = temporaryFolder();
  readonly #root = temporaryFolder();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const file = join(this.#root, (request.url ?? "").split("?")[0] ?? "");
      if (!existsSync(file) || !lstatSync(file).isFile()) response.writeHead(404).end();
      else response.end(readFileSync(file));
    });
    execFileSync("git", ["init", "-q", this.#work]);
  }

  static async start(): Promise<HttpRepository> {
    const repository = new HttpRepository();
    repository.#server.listen(0, "127.0.0.1");
    await once(repository.#server, "listening");
    return repository;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/project.git`;
  }

  commit(files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.#work, name), content);
    const bare = join(this.#root, "project.git");
    execFileSync("git", ["-C", this.#work, "add", "-A"]);
    execFileSync("git", ["-C", this.#work, ...IDENTITY, "commit", "-qm", "change"]);
    if (!existsSync(bare)) execFileSync("git", ["clone", "-q", "--bare", this.#work, bare]);
    else execFileSync("git", ["-C", this.#work, "push", "-q", bare, "HEAD"]);
    spawnSync("git", ["-C", bare, "update-server-info"]);
  }

  close(): void {
    this.#server.close();
  }
}

let places: Places;
let repository: HttpRepository;
let said: string[];
beforeEach(async () => {
  places = testPlaces();
  repository = await HttpRepository.start();
  said = [];
});
afterEach(() => repository.close());

const run = () => ({
  env: { PATH: process.env["PATH"], HOME: places.home, GIT_CONFIG_NOSYSTEM: "1" },
  say: (line: string) => said.push(line),
});

describe("the repository of a workspace", () => {
  it("is cloned once; work in it stays", async () => {
    repository.commit({ readme: "first" });
    const folder = join(places.home, "workspace/project");
    expect(await cloneRepository(repository.url, places, run())).toBe(`cloned into ${folder}`);
    writeFileSync(join(folder, "readme"), "mine");
    expect(await cloneRepository(repository.url, places, run())).toBe(`${folder} is there`);
    expect(readFileSync(join(folder, "readme"), "utf8")).toBe("mine");
  });

  it("that cannot be had leaves nothing that counts as one", async () => {
    await expect(cloneRepository(`${repository.url}x`, places, run())).rejects.toThrow("git ended with 128");
    expect(said.join()).toMatch(/not found|fatal/);
    expect(readdirSync(join(places.home, "workspace"))).not.toContain("project.gitx");
  });

  it("that was interrupted is cloned anew", async () => {
    repository.commit({ readme: "first" });
    mkdirSync(join(places.home, "workspace/project.partial"), { recursive: true });
    await cloneRepository(repository.url, places, run());
    expect(existsSync(join(places.home, "workspace/project/readme"))).toBe(true);
  });

  it.each(["--upload-pack=id", "ext::sh -c id", "/etc", "file:///etc", "https://host/a b"])(
    "is not taken from %s",
    async (address) => {
      await expect(cloneRepository(address, places, run())).rejects.toThrow("is no address of a repository");
    },
  );
});

describe("dotfiles", () => {
  it("are linked into the home, where nothing of that name is; later ones come at the next start", async () => {
    repository.commit({ ".vimrc": "theirs", ".profile": "theirs", readme: "x" });
    writeFileSync(join(places.home, ".profile"), "mine");
    expect(await applyDotfiles(repository.url, places, run())).toBe("linked 1 files");
    repository.commit({ ".vimrc": "newer" });
    expect(await applyDotfiles(repository.url, places, run())).toBe("linked 0 files");
    expect(readFileSync(join(places.home, ".vimrc"), "utf8")).toBe("newer");
    expect(readFileSync(join(places.home, ".profile"), "utf8")).toBe("mine");
  });

  it("with a script are left to it", async () => {
    repository.commit({ "install.sh": "echo installing; touch $HOME/installed" });
    expect(await applyDotfiles(repository.url, places, run())).toBe("ran install.sh");
    expect(said).toContain("installing");
    expect(existsSync(join(places.home, "installed"))).toBe(true);
  });
});
