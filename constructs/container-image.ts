import { relative, resolve } from "node:path";
import { Image, type ImageConfig } from "@cdktf/provider-docker/lib/image";
import { type App, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { contentHash } from "./content-hash";

/** Root of the project: what `docker build` sees, less what `.dockerignore` hides. */
const PROJECT_ROOT = resolve(__dirname, "..");

/** Props of `ContainerImage.built`. */
export interface BuiltImageProps {
  /** Repository part of the image's name, such as `sluice/gateway`. */
  readonly repository: string;
  /** Dockerfile, relative to the project. */
  readonly dockerfile: string;
  /** Files and folders that the image is made of, relative to the project. They decide its tag. */
  readonly inputs: readonly string[];
  /** Base image that the Dockerfile takes as the build argument `NODE_IMAGE`. */
  readonly base: ContainerImage;
  /** Build argument → a further base image. They decide its tag, too. @default - none */
  readonly otherBases?: Readonly<Record<string, ContainerImage>>;
  /** Further build arguments, no secrets. They decide its tag, too. @default - none */
  readonly buildArguments?: Readonly<Record<string, string>>;
}

/**
 * An image that a container runs: pulled, or built here from a Dockerfile.
 *
 * @example
 * const image = ContainerImage.pulled(stack, "cache", "registry.example.org/cache:1.2.3");
 */
export class ContainerImage extends Construct {
  private readonly image: Image;

  private constructor(
    scope: Construct,
    id: string,
    /** Name with its tag or digest. */
    readonly reference: string,
    build: Partial<ImageConfig> = {},
  ) {
    super(scope, id);
    // Kept at destroy: other containers of this host may use the same image.
    this.image = new Image(this, "Resource", { name: reference, keepLocally: true, ...build });
  }

  /** An image from a registry. A local image of that name is used without asking a registry. */
  static pulled(scope: Construct, id: string, reference: string): ContainerImage {
    return new ContainerImage(scope, id, reference);
  }

  /** An image built from `inputs`. The provider does not notice changed files; the tag, their hash, does it instead. */
  static built(scope: Construct, id: string, props: BuiltImageProps): ContainerImage {
    const { repository, dockerfile, inputs, base, otherBases = {}, buildArguments = {} } = props;
    const further = {
      ...Object.fromEntries(Object.entries(otherBases).map(([name, image]) => [name, image.reference])),
      ...buildArguments,
    };
    const reference = `${repository}:${contentHash(PROJECT_ROOT, [dockerfile, ...inputs], further)}`;
    return new ContainerImage(scope, id, reference, {
      buildAttribute: {
        // Relative to the folder Terraform runs in, so that two checkouts synthesize the same bytes.
        context: relative(stackFolder(scope), PROJECT_ROOT),
        dockerfile,
        buildArgs: { NODE_IMAGE: base.reference, ...further },
      },
      dependsOn: [base, ...Object.values(otherBases)].map(({ image }) => image),
    });
  }

  /** The engine's id of the image: changes when the image does. */
  get imageId(): string {
    return this.image.imageId;
  }
}

function stackFolder(scope: Construct): string {
  const app = scope.node.root as App;
  return resolve(app.outdir, "stacks", TerraformStack.of(scope).node.id);
}
