import { execFileSync } from "node:child_process";
import { UserError } from "../terminal/user-error";

/**
 * Deletes volumes through the docker command line, which follows DOCKER_HOST and contexts. One that is gone already is fine.
 * @throws UserError when a volume is still in use or docker is not there.
 */
export function removeVolumes(names: readonly string[]): void {
  try {
    execFileSync("docker", ["volume", "rm", "--force", ...names], {
      stdio: ["ignore", "ignore", "pipe"],
      encoding: "utf8",
    });
  } catch (cause) {
    const reason = (cause as { stderr?: string }).stderr?.trim() || (cause as Error).message;
    throw new UserError(
      `the data volumes could not all be deleted: ${reason}`,
      `run: docker volume rm ${names.join(" ")}`,
    );
  }
}
