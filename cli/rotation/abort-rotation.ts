import { SECRETS_DIRECTORY } from "../../constructs/files-directory";
import { isJob } from "../docker/container-fault";
import { docker } from "../docker/docker";
import { containerName, type EngineContainer, platformContainers } from "../docker/objects";
import { readSecrets } from "../secrets/secret-store";
import { UserError } from "../terminal/user-error";
import type { DeployedPlatform } from "../terraform/state";
import { type PendingRotation, undoRotation } from "./pending-rotation";

/** What is given up. */
export interface AbortProps {
  readonly home: string;
  readonly pending: PendingRotation;
  /** What the state says; undefined when nothing is deployed. */
  readonly deployed: Pick<DeployedPlatform, "name" | "resources"> | undefined;
  /** @default platformContainers */
  readonly containersOf?: typeof platformContainers;
  /** @default asks the container */
  readonly hasSecret?: (container: EngineContainer, value: string) => Promise<boolean>;
}

/**
 * Gives an interrupted rotation up: the former value is the one that is stored, as if nothing had been asked for. Nobody else may have the
 * state meanwhile.
 * @throws UserError when something has got the new value, or cannot be asked whether it has; nothing is changed then
 */
export async function abortRotation(props: AbortProps): Promise<void> {
  const { home, pending, deployed, containersOf = platformContainers, hasSecret = isDelivered } = props;
  const { secret, former } = pending;
  const variable = secret.toLowerCase();
  const value = readSecrets(home)[variable] ?? "";
  if (value !== "" && value !== former[variable]) {
    const text = JSON.stringify(value);
    const takers = (deployed?.resources ?? [])
      // Also within a text, such as a URL.
      .filter(({ attributes }) => JSON.stringify(attributes).includes(text.slice(1, -1)))
      .map(({ attributes, address }) => String(attributes["name"] ?? address));
    const name = deployed?.name;
    for (const container of name === undefined
      ? []
      : (await containersOf(name)).filter((one) => !isJob(one))) {
      if (container.State.Status !== "running") {
        throw new UserError(
          `${containerName(container)} does not run, so it cannot be asked whether it has the new ${secret}; nothing was changed`,
          goOn(secret),
        );
      }
      if (await hasSecret(container, value)) takers.push(containerName(container));
    }
    if (takers.length > 0) {
      throw new UserError(
        `the new ${secret} has been delivered already (${[...new Set(takers)].join(", ")}), so the rotation cannot be given up; nothing was changed`,
        goOn(secret),
      );
    }
  }
  undoRotation(home, pending);
}

function goOn(secret: string): string {
  return `end it: npm run sluice -- rotate ${secret}. Should that value not be used, rotate once more afterwards`;
}

/** The value comes on standard input, and the shell compares it by itself: it is in no argument or environment. */
const FIND = `IFS= read -r value
cd ${SECRETS_DIRECTORY} 2>/dev/null || exit 0
for file in *; do
  IFS= read -r secret <"$file" || :
  [ "$secret" != "$value" ] || echo "$file"
done`;

async function isDelivered({ Id }: EngineContainer, value: string): Promise<boolean> {
  return (await docker(["exec", "-i", Id, "sh", "-c", FIND], { input: `${value}\n` })).trim() !== "";
}
