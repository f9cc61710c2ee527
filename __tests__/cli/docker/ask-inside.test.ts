import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { askInside } from "../../../cli/docker/ask-inside";
import { temporaryFolder } from "../../support/temporary-folder";

/** In place of docker is a program that runs here what it is told to run there, and writes its arguments down. */
describe("asking a service inside its container", () => {
  const path = process.env["PATH"];
  const folder = temporaryFolder();
  let server: Server;
  let seen: string[];

  beforeAll(async () => {
    mkdirSync(join(folder, "secrets"));
    writeFileSync(join(folder, "secrets/KEY"), "sk-of-the-container\n");
    server = createServer((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization ?? "-"}`);
      if (request.url === "/moved") response.writeHead(302, { location: "http://127.0.0.1:1/" });
      response.end("text");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const script = `#!/bin/sh\necho "$*" >${folder}/args\nshift 3\nSECRETS_DIRECTORY=${folder}/secrets exec "$@"\n`;
    writeFileSync(join(folder, "docker"), script);
    chmodSync(join(folder, "docker"), 0o755);
  });
  beforeEach(() => {
    seen = [];
    process.env["PATH"] = `${folder}:${path}`;
  });
  afterEach(() => {
    process.env["PATH"] = path;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it("answers in the order of the requests, and shows no secret to ps", async () => {
    const { port } = server.address() as AddressInfo;
    const { answers, now } = await askInside("team-gateway", port, [
      { path: "/a" },
      { path: "/b", bearer: { value: "sk-given" } },
      { path: "/c", bearer: { secret: "KEY" } },
      { path: "/moved" },
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 0]);
    expect(answers[0]?.text).toBe("text");
    expect(Math.abs(now - Date.now())).toBeLessThan(5_000);
    expect(seen.sort()).toEqual(["/a -", "/b Bearer sk-given", "/c Bearer sk-of-the-container", "/moved -"]);
    expect(readFileSync(join(folder, "args"), "utf8")).not.toContain("sk-given");
  });

  it("takes a service that does not answer for an answer", async () =>
    expect((await askInside("team-gateway", 1, [{ path: "/" }])).answers).toEqual([
      { status: 0, text: expect.stringMatching(/ECONNREFUSED|bad port|TypeError/) },
    ]));
});
