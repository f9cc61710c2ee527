import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { readBuiltInExtension } from "../../../../services/workspace/container/built-in-extension";
import { unpackExtension } from "../../../../services/workspace/extension/unpack-extension";
import { temporaryFolder } from "../../../support/temporary-folder";
import { makeTestExtension } from "../../../support/workspace/test-extension";

const vsix = makeTestExtension("1.2.3", "the-announcement");
const sha256 = createHash("sha256").update(vsix).digest("hex");

let server: Server;
let url: string;
let targets: { extensions: string; image: string };
beforeEach(async () => {
  server = createServer((request, response) =>
    request.url === "/extension.vsix" ? response.end(vsix) : response.writeHead(404).end(),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/extension.vsix`;
  targets = { extensions: join(temporaryFolder(), "extensions"), image: temporaryFolder() };
});
afterEach(() => server.close());

describe("an extension of the image", () => {
  it("is put among those that are built in, with a record of it", async () => {
    const record = await unpackExtension({ url, sha256: sha256.toUpperCase() }, targets);
    expect(record).toEqual({
      id: "rooveterinaryinc.roo-cline",
      version: "1.2.3",
      announcementId: "the-announcement",
    });
    expect(await readBuiltInExtension({ image: targets.image })).toEqual(record);
    const folder = join(targets.extensions, "rooveterinaryinc.roo-cline");
    expect(readdirSync(folder).sort()).toEqual(["dist", "icon.svg", "package.json"]);
    expect(readFileSync(join(folder, "dist/extension.js"), "utf8")).toContain("the-announcement");
  });

  it("with another checksum is refused, and nothing of it stays", async () => {
    const wrong = "0".repeat(64);
    await expect(unpackExtension({ url, sha256: wrong }, targets)).rejects.toThrow(
      `has the SHA-256 ${sha256}, not ${wrong}; correct workspaces.extension.sha256`,
    );
    expect(existsSync(targets.extensions)).toBe(false);
  });

  it("that is not there, or built in already, is refused", async () => {
    await expect(unpackExtension({ url: `${url}x`, sha256 }, targets)).rejects.toThrow("answered 404");
    mkdirSync(join(targets.extensions, "rooveterinaryinc.roo-cline"), { recursive: true });
    await expect(unpackExtension({ url, sha256 }, targets)).rejects.toThrow("built in already");
  });

  it("of an image without one is undefined", async () => {
    expect(await readBuiltInExtension({ image: targets.image })).toBeUndefined();
  });
});
