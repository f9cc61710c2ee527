import { Volume } from "@cdktf/provider-docker/lib/volume";
import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { containerDefaults } from "./container-defaults";
import type { ContainerImage } from "./container-image";
import { ContainerService } from "./container-service";
import { PLATFORM_LABEL } from "./engine-names";
import { FILES_DIRECTORY } from "./files-directory";
import { fingerprint } from "./fingerprint";
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
  /** Path below `/etc/sluice/current` → text. Everybody in the container may read it. @default - none */
  readonly files?: Readonly<Record<string, string>>;
  /** Name → secret: the file `/etc/sluice/current/secrets/<name>`, which ends with a line break. @default - none */
  readonly secrets?: Readonly<Record<string, Secret>>;
}

/**
 * Configuration and secrets of a service as files, on a volume that the service mounts read-only at `/etc/sluice`. A container that runs
 * once puts them there as a whole: into a folder of their own, then the link `current` is swapped. So a service that follows its files
 * takes a change over while it runs, and no secret stands in its environment (docs/decisions/0051).
 */
export class DeliveredFiles extends Construct {
  /** Name of the volume: no data is on it, and a plan may delete it. */
  readonly volumeName: string;
  /** To depend on: the files are there. */
  readonly delivered: TerraformResource;

  constructor(scope: Construct, id: string, props: DeliveredFilesProps) {
    super(scope, id);
    const { service, image, reader, files = {}, secrets = {} } = props;
    const { prefix } = containerDefaults(this);
    const volume = new Volume(this, "volume", {
      name: `${prefix}-${service}-files`,
      labels: [{ label: PLATFORM_LABEL, value: prefix }],
    });
    this.volumeName = volume.name;

    const contents = [
      ...Object.entries(files).map(([path, text]) => ({
        path,
        content: literalText(text),
        permissions: "0444",
      })),
      // An empty secret is a file as well, which the provider would refuse without the line break.
      ...Object.entries(secrets).map(([name, secret]) => ({
        path: `secrets/${name}`,
        content: `${secret.expose()}\n`,
        permissions: "0400",
      })),
    ];
    // By the names of the files: what a delivery that was broken off has left is overwritten as a whole, or is not looked at.
    const incoming = `.incoming-${fingerprint(contents.map(({ path }) => path).sort())}`;
    this.delivered = new ContainerService(this, "job", {
      name: `${service}-files`,
      image,
      networks: "none",
      memoryMegabytes: 64,
      lifetime: { runsOnce: true },
      user: "root",
      entrypoint: ["sh", "-euc", literalText(DELIVER), "deliver"],
      command: [incoming, reader],
      capabilities: ["CAP_CHOWN"],
      volumes: { [FILES_DIRECTORY]: volume },
      uploads: contents.map(({ path, content, permissions }) => ({
        file: `${FILES_DIRECTORY}/${incoming}/${path}`,
        content,
        permissions,
      })),
      replaceWith: [volume],
    }).container;
  }
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
