import { z } from "zod";
import { type DeclaredEndpoint, declaredEndpoints } from "../docker/endpoints";
import { type DeployedPlatform, readState } from "../terraform/state";

/** A container as the last deploy left it. */
export interface RecordedContainer {
  readonly id: string;
  readonly name: string;
  /** Id of its image. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly endpoints: readonly DeclaredEndpoint[];
  readonly isJob: boolean;
}

/** What the last deploy left, as the state has it. */
export interface RecordedPlatform {
  readonly name: string | undefined;
  readonly containers: readonly RecordedContainer[];
  readonly networks: readonly { readonly id: string; readonly name: string }[];
  /** Ids, and names with tags. */
  readonly images: readonly string[];
  readonly dataVolumes: readonly string[];
}

const Container = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  restart: z.string().nullish(),
  labels: z.array(z.object({ label: z.string(), value: z.string() })).nullish(),
  networks_advanced: z.unknown(),
});
const Network = z.object({ id: z.string(), name: z.string() });
const Image = z.object({ image_id: z.string(), name: z.string() });

/**
 * What is deployed from a home, as far as status and images look.
 * @returns undefined when nothing is
 * @throws UserError when the state cannot be read
 */
export function readRecordedPlatform(home: string): RecordedPlatform | undefined {
  const deployed = readState(home);
  if (deployed === undefined) return undefined;
  const networks = all(deployed, "docker_network", Network);
  const networkNames = new Map(networks.map(({ id, name }) => [id, name]));
  return {
    name: deployed.name,
    containers: all(deployed, "docker_container", Container).map(
      ({ id, name, image, labels, restart, ...more }) => ({
        id,
        name,
        image,
        labels: Object.fromEntries((labels ?? []).map(({ label, value }) => [label, value])),
        endpoints: declaredEndpoints(more, networkNames),
        isJob: restart === "no",
      }),
    ),
    networks,
    images: all(deployed, "docker_image", Image).flatMap(({ image_id, name }) => [image_id, name]),
    dataVolumes: deployed.dataVolumes,
  };
}

/** What an interrupted apply has left without its attributes is passed over. */
function all<T>({ resources }: DeployedPlatform, type: string, schema: z.ZodType<T>): T[] {
  return resources
    .filter((resource) => resource.type === type)
    .flatMap(({ attributes }) => {
      const { data } = schema.safeParse(attributes);
      return data === undefined ? [] : [data];
    });
}
