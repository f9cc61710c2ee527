import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { checkDockerEngine } from "../../../cli/terraform/docker-engine";
import { temporaryFolder } from "../../support/temporary-folder";

async function engine(status: number): Promise<{ host: string; close: () => void }> {
  const socket = join(temporaryFolder(), "docker.sock");
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/_ping" ? status : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return { host: `unix://${socket}`, close: () => server.close() };
}

describe("checkDockerEngine", () => {
  it("is content with an engine that answers", async () => {
    const { host, close } = await engine(200);
    await expect(checkDockerEngine({ DOCKER_HOST: host })).resolves.toBeUndefined();
    close();
  });

  it("says what answered instead", async () => {
    const { host, close } = await engine(503);
    await expect(checkDockerEngine({ DOCKER_HOST: host })).rejects.toThrow(
      /it answered 503[\s\S]*start Docker/,
    );
    close();
  });

  it("names the socket that nobody listens on", async () => {
    await expect(checkDockerEngine({ DOCKER_HOST: "unix:///nowhere/docker.sock" })).rejects.toThrow(
      /no Docker engine answers at unix:\/\/\/nowhere\/docker\.sock/,
    );
  });

  it.each(["tcp://127.0.0.1:1", "tcp://[::1]:1"])(
    "is not content with %s, where nobody listens",
    async (host) => {
      await expect(checkDockerEngine({ DOCKER_HOST: host })).rejects.toThrow(
        `no Docker engine answers at ${host} (connect ECONNREFUSED`,
      );
    },
  );

  it("asks an engine behind tcp", async () => {
    const server = createServer((_request, response) => response.end("OK"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(checkDockerEngine({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })).resolves.toBeUndefined();
    server.close();
  });

  describe("behind ssh, TLS or a context", () => {
    const folder = temporaryFolder();
    const PATH = `${folder}:${process.env["PATH"]}`;
    const standIn = (script: string) => {
      writeFileSync(join(folder, "docker"), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, "docker"), 0o755);
    };
    const cases = [
      { DOCKER_HOST: "ssh://build@host" },
      { DOCKER_HOST: "tcp://host:2376", DOCKER_TLS_VERIFY: "1" },
      { DOCKER_CONTEXT: "remote" },
    ];

    it.each(cases)("asks %o through docker", async (env) => {
      standIn("echo 27.0.0");
      await expect(checkDockerEngine({ ...env, PATH })).resolves.toBeUndefined();
      standIn("echo 'Cannot connect to the Docker daemon' >&2; exit 1");
      await expect(checkDockerEngine({ ...env, PATH })).rejects.toThrow(
        /no Docker engine answers (at|in the Docker context) .*Cannot connect/,
      );
    });
  });
});
