import { docker } from "../docker/docker";
import { existingVolumes } from "../docker/objects";
import { UserError } from "../terminal/user-error";

/**
 * Deletes volumes, and looks whether they are gone. One that was gone before is fine.
 * @throws UserError which names those that are left, such as one that a container still uses
 */
export async function removeVolumes(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  // One that cannot be deleted does not stop the others.
  const failure = await docker(["volume", "rm", "--force", ...names]).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const left = await existingVolumes(names);
  if (left.length === 0) return;
  throw new UserError(
    `data volumes are left: ${left.join(", ")}${failure === undefined ? "" : ` (${failure})`}`,
    `see who uses them: docker ps --all --filter volume=${left[0]}; then run destroy --volumes again`,
  );
}
