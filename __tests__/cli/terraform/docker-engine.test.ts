import { createServer } from "node:http";
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

  it.each([{ DOCKER_HOST: "ssh://build@host" }, { DOCKER_CONTEXT: "remote" }])(
    "leaves %o to the provider",
    async (env) => {
      await expect(checkDockerEngine(env)).resolves.toBeUndefined();
    },
  );
});
