import { execFile } from "node:child_process";
import { UserError } from "../terminal/user-error";

/** How long a question to the engine may take, in milliseconds. */
const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** How one call is made. */
export interface DockerOptions {
  /** Text for its standard input; secrets go this way, never as arguments. @default - none */
  readonly input?: string;
  /** In milliseconds. @default 30000 */
  readonly timeoutMs?: number;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** `with stdout`: a container's log comes on both. @default - stderr is for errors */
  readonly stderr?: "with stdout";
}

/**
 * Runs the docker command line, which follows DOCKER_HOST, DOCKER_CONTEXT, TLS and ssh as the user has set them up.
 * @returns standard output
 * @throws UserError with what docker says when it fails, is not installed, or takes too long
 */
export function docker(args: readonly string[], options: DockerOptions = {}): Promise<string> {
  const { input = "", timeoutMs = TIMEOUT_MS, env = process.env } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      "docker",
      [...args],
      { env, encoding: "utf8", timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout, stderr) => {
        if (error === null) resolve(options.stderr === "with stdout" ? stdout + stderr : stdout);
        else reject(toUserError(error, args, stderr, timeoutMs));
      },
    );
    // A docker that ends without reading is told by its exit code.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

function toUserError(
  error: Error & { code?: unknown; killed?: boolean; signal?: string },
  args: readonly string[],
  stderr: string,
  timeoutMs: number,
): UserError {
  if (error.code === "ENOENT") {
    return new UserError(
      "the docker command line is not installed",
      "install it: https://docs.docker.com/engine/install (the package docker-ce-cli, docker-cli or docker.io)",
    );
  }
  const command = `docker ${args.slice(0, 2).join(" ")}`;
  const ending = error.signal ? `ended by ${error.signal}` : `ended with exit code ${error.code}`;
  // The message of execFile repeats the command with its arguments, and says nothing more.
  const silent = typeof error.code === "number" || error.signal ? `${ending}, without a word` : error.message;
  const reason = error.killed ? `no answer within ${timeoutMs / 1000} s` : stderr.trim() || silent;
  return new UserError(`${command} failed: ${reason}`);
}
