import type { Container } from "@cdktf/provider-docker/lib/container";
import { Volume } from "@cdktf/provider-docker/lib/volume";
import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { containerDefaults } from "./container-defaults";
import type { ContainerImage } from "./container-image";
import { ContainerService, type Upload } from "./container-service";
import { PLATFORM_LABEL } from "./engine-names";
import { FILES_DIRECTORY } from "./files-directory";
import { fingerprint } from "./fingerprint";
import type { HostFact } from "./host-fact";
import { literalText } from "./literal-text";
import type { Secret } from "./secret";

/** Props of `DeliveredFiles`. */
export interface DeliveredFilesProps {
  /** Name of the service that reads them, without the platform's prefix. */
  readonly service: string;
  /** The service's image: its user and its shell are needed, nothing else. */
  readonly image: ContainerImage;
  /** User of the image that may read the secrets. */
  readonly reader: string;
  readonly contents: FileContents;
}

/** Configuration and secrets. */
export interface FileContents {
  /** Path below `/etc/sluice/current` → text. Everybody in the container may read it. @default - none */
  readonly files?: Readonly<Record<string, string>>;
  /** The same with a fact of the host in the place of a text. @default - none */
  readonly hostFacts?: Readonly<Record<string, HostFact>>;
  /** Name → secret: the file `/etc/sluice/current/secrets/<name>`, which ends with a line break. @default - none */
  readonly secrets?: Readonly<Record<string, Secret>>;
}

/**
 * Configuration and secrets of a service as files, on a volume that the service mounts read-only at `/etc/sluice`. A container that runs
 * once puts them there as a whole: into a folder of their own, then the link `current` is swapped. So a service that follows its files
 * takes a change over while it runs, and no secret stands in its environment (docs/decisions/0051).
 *
 * @example
 * const files = new DeliveredFiles(stack, "files", {
 *   service: "cache",
 *   image: ContainerImage.pulled(stack, "image", "registry.example.org/cache:1.2.3"),
 *   reader: "cache",
 *   contents: {
 *     files: { "cache.conf": "size 1g" },
 *     secrets: { CACHE_PASSWORD: Secret.fromEnvironment(stack, "TEAM_CACHE_PASSWORD") },
 *   },
 * });
 * const mount: FilesMount = { from: files, onChange: "replace" };
 */
export class DeliveredFiles extends Construct {
  /** Name of the volume: no data is on it, and a plan may delete it. */
  readonly volumeName: string;
  /** To depend on: the files are there. */
  readonly delivered: TerraformResource;
  private readonly job: Container;
  private readonly reader: string;

  constructor(scope: Construct, id: string, props: DeliveredFilesProps) {
    super(scope, id);
    const { service, image, reader, contents } = props;
    this.reader = reader;
    const { prefix } = containerDefaults(this);
    const volume = new Volume(this, "volume", {
      name: `${prefix}-${service}-files`,
      labels: [{ label: PLATFORM_LABEL, value: prefix }],
    });
    this.volumeName = volume.name;

    this.job = new ContainerService(this, "job", {
      name: `${service}-files`,
      image,
      networks: "none",
      memoryMegabytes: 64,
      lifetime: { runsOnce: true },
      user: "root",
      entrypoint: ["sh", "-euc", literalText(DELIVER), "deliver"],
      command: this.command(contents),
      capabilities: ["CAP_CHOWN"],
      volumes: { [FILES_DIRECTORY]: volume },
      uploads: uploadsOf(contents),
      replaceWith: [volume],
    }).container;
    this.delivered = this.job;
  }

  /** Delivers these instead: for a service whose files depend on what is made after it. */
  replaceContents(contents: FileContents): void {
    this.job.command = this.command(contents);
    this.job.putUpload(uploadsOf(contents));
  }

  private command(contents: FileContents): string[] {
    return [incomingFolder(contents), this.reader];
  }
}

/** By the names of the files: the remains of an interrupted delivery are overwritten as a whole, or ignored. */
function incomingFolder({ files = {}, hostFacts = {}, secrets = {} }: FileContents): string {
  const open = [...Object.keys(files), ...Object.keys(hostFacts)];
  const paths = [...open, ...Object.keys(secrets).map((name) => `secrets/${name}`)];
  return `.incoming-${fingerprint(paths.sort())}`;
}

function uploadsOf(contents: FileContents): Upload[] {
  const { files = {}, hostFacts = {}, secrets = {} } = contents;
  const folder = `${FILES_DIRECTORY}/${incomingFolder(contents)}`;
  return [
    ...Object.entries(files).map(([path, text]) => ({
      file: `${folder}/${path}`,
      content: literalText(text),
      permissions: "0444",
    })),
    ...Object.entries(hostFacts).map(([path, { value }]) => ({
      file: `${folder}/${path}`,
      content: value,
      permissions: "0444",
    })),
    // An empty secret is a file as well, which the provider would refuse without the line break.
    ...Object.entries(secrets).map(([name, secret]) => ({
      file: `${folder}/secrets/${name}`,
      content: `${secret.expose()}\n`,
      permissions: "0400",
    })),
  ];
}

/**
 * Makes one folder of what was uploaded and puts it in the place of the one before, which stays until the next time: somebody may be
 * reading it. Whatever happens, the uploaded copies are gone afterwards. Runs as root without the right to read others' files.
 */
const DELIVER = `incoming=$1 reader=$2
umask 022
cd ${FILES_DIRECTORY}
before=$(readlink current || true)
if [ ! -d "$incoming" ]; then
  [ -n "$before" ] || { echo "nothing was uploaded, and nothing is there: deploy again" >&2; exit 1; }
  echo "nothing new to deliver"
  exit
fi
trap 'rm -rf .incoming-* .next' EXIT
find "$incoming" -type d -exec chmod 0755 {} +
find "$incoming" -exec sync {} +
folder=$(cd "$incoming" && { echo "$reader"; find . -type f | LC_ALL=C sort | xargs sha256sum; } | sha256sum | cut -c 1-32)
if [ -d "$incoming/secrets" ]; then chown "$reader" "$incoming"/secrets/*; fi
if [ "$folder" != "$before" ]; then
  rm -rf "$folder"
  mv "$incoming" "$folder"
  ln -sfn "$folder" .next
  mv -T .next current
  sync .
fi
for entry in *; do
  case $entry in current | "$folder" | "$before") ;; *) rm -rf "$entry" ;; esac
done
echo "delivered to ${FILES_DIRECTORY}/current"
`;
