import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { findDockerSocket } from "../../../cli/host/docker-socket";
import { temporaryFolder } from "../../support/temporary-folder";

const IMAGES = { node: "node:22.0.0", coder: "coder:1.0.0" };

/** A `docker` that answers for an engine, and writes down which containers it is asked to run. */
function standIn(engine: {
  readonly system?: string;
  readonly security?: readonly string[];
  readonly endpoint: string;
  /** Shell command that stands for a container. */
  readonly run?: string;
  /** Images that are there. */
  readonly images?: string;
}) {
  const folder = temporaryFolder();
  const { system = "Debian GNU/Linux 12", security = ["name=seccomp,profile=default"], endpoint } = engine;
  const info = JSON.stringify({ OperatingSystem: system, SecurityOptions: security });
  const runs = join(folder, "runs");
  writeFileSync(runs, "");
  writeFileSync(
    join(folder, "docker"),
    `#!/bin/sh
case "$1 $2" in
  "info --format") printf '%s' '${info}' ;;
  "context inspect") echo '${endpoint}' ;;
  "image inspect") case "$3" in ${engine.images ?? "none"}) printf '[{"Id":"sha256:1"}]' ;; *) echo "Error: No such image: $3" >&2; exit 1 ;; esac ;;
  run*) echo "$@" >>${runs}; ${engine.run ?? "exit 1"} ;;
  *) echo "what is $*?" >&2; exit 1 ;;
esac
`,
  );
  chmodSync(join(folder, "docker"), 0o755);
  return { env: { ...process.env, PATH: `${folder}:${process.env["PATH"]}` }, runs };
}

const contents = (file: string) => readFileSync(file, "utf8");

describe("findDockerSocket", () => {
  let server: Server;
  let socket: string;
  beforeAll(async () => {
    socket = join(temporaryFolder(), "docker.sock");
    server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
  });
  afterAll(() => void server.close());

  it("looks at a socket of this machine, wherever it is", async () => {
    const { env, runs } = standIn({ endpoint: `unix://${socket}` });
    expect(await findDockerSocket(IMAGES, env)).toEqual({
      path: socket,
      group: String(statSync(socket).gid),
    });
    expect(contents(runs)).toBe("");
  });

  it("knows a desktop's: the usual one of its virtual machine, which is root's", async () => {
    const { env } = standIn({ system: "Docker Desktop", endpoint: `unix://${socket}` });
    expect(await findDockerSocket(IMAGES, env)).toEqual({ path: "/var/run/docker.sock", group: "0" });
  });

  it("asks a container where the engine is elsewhere, or maps users", async () => {
    const remote = standIn({
      endpoint: "ssh://build@engine.example",
      run: "echo socket 998",
      images: "coder:1.0.0",
    });
    expect(await findDockerSocket(IMAGES, remote.env)).toEqual({
      path: "/var/run/docker.sock",
      group: "998",
    });
    expect(contents(remote.runs)).toMatch(
      /^run --rm --network none .*source=\/var\/run\/docker\.sock.* coder:1\.0\.0 /,
    );
    const rootless = standIn({
      endpoint: `unix://${socket}`,
      security: ["name=rootless"],
      run: "echo socket 0",
    });
    expect(await findDockerSocket(IMAGES, rootless.env)).toEqual({ path: socket, group: "0" });
    // No image of Coder's is there yet.
    expect(contents(rootless.runs)).toContain(" node:22.0.0 ");
  });

  it.each([
    ["a folder", "echo directory 0", "what is there is no socket"],
    ["nothing", "echo 'bind source path does not exist' >&2; exit 125", "bind source path does not exist"],
  ])("refuses %s in its place, with the way out", async (_what, run, reason) => {
    const { env } = standIn({ endpoint: "tcp://engine.example:2376", run });
    await expect(findDockerSocket(IMAGES, env)).rejects.toThrow(
      new RegExp(`none at /var/run/docker\\.sock \\(.*${reason}.*\\)\\n.*coder\\.enabled: false`),
    );
  });
});
