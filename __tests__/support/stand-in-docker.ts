import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temporary-folder";

/**
 * A `docker` for tests that need no engine: it knows the volumes that are named, and of nothing else.
 * @param volumes those that exist, or `unreachable` for an engine that does not answer
 * @returns the PATH that has it in front
 */
export function standInDocker(volumes: readonly string[] | "unreachable"): string {
  const folder = temporaryFolder();
  const script =
    volumes === "unreachable"
      ? "echo 'Cannot connect to the Docker daemon' >&2; exit 1"
      : `case " ${volumes.join(" ")} " in
  *" $3 "*) printf '[{"Name":"%s"}]' "$3" ;;
  *) echo "Error: no such volume: $3" >&2; exit 1 ;;
esac`;
  writeFileSync(join(folder, "docker"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "docker"), 0o755);
  return `${folder}:${process.env["PATH"]}`;
}
