import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerImage } from "../../constructs/container-image";
import { DEBIAN_IMAGE, NODE_IMAGE } from "../../constructs/service-catalog";
import { type WorkspaceImageProps, workspaceImage } from "../../constructs/workspace-image";
import { synthesizeLibrary } from "../support/library-stack";
import { resourceAt, synthesizePlatform } from "../support/platform-fixture";
import { PROJECT } from "../support/source-files";

const SHA256 = "ab".repeat(32);

function synthesize(props: WorkspaceImageProps = {}) {
  const images: ContainerImage[] = [];
  const stack = synthesizeLibrary((scope) => {
    images.push(workspaceImage(scope, props), workspaceImage(scope, props));
  });
  const resources = Object.values(stack.resource["docker_image"] ?? {});
  return { images, resources, built: resources.find((one) => "build" in one) };
}

describe("the image of workspaces", () => {
  it("has a reference that is known before it is built, and is made once", () => {
    const { images, resources, built } = synthesize();
    expect(images[0]).toBe(images[1]);
    expect(images[0]?.reference).toMatch(/^team\/workspace:[0-9a-f]{12}$/);
    expect(built).toMatchObject({
      name: images[0]?.reference,
      keep_locally: true,
      build: {
        dockerfile: "services/workspace/Dockerfile",
        build_args: { NODE_IMAGE, DEBIAN_IMAGE },
      },
    });
    expect(resources.map(({ name }) => name).sort()).toEqual(
      [DEBIAN_IMAGE, NODE_IMAGE, images[0]?.reference].sort(),
    );
  });

  it("is another one with an extension, and with another extension", () => {
    const extension = { url: "https://example.org/roo.vsix", sha256: SHA256 };
    const { built } = synthesize({ extension });
    expect(built?.["build"]).toMatchObject({
      build_args: { EXTENSION_URL: extension.url, EXTENSION_SHA256: SHA256 },
    });
    const names = [{}, { extension }, { extension: { ...extension, sha256: "cd".repeat(32) } }].map(
      (props) => synthesize(props).images[0]?.reference,
    );
    expect(new Set(names).size).toBe(3);
  });

  it("has the extension that platform.yaml names, and there is none without Coder", () => {
    const url = "https://example.org/roo.vsix";
    const extension = `workspaces: { extension: { url: "${url}", sha256: ${SHA256} } }`;
    expect(
      resourceAt(synthesizePlatform(extension), "docker_image", "sluice/images/workspace"),
    ).toMatchObject({
      build: { build_args: { EXTENSION_URL: url, EXTENSION_SHA256: SHA256 } },
    });
    const withoutCoder = Object.keys(
      synthesizePlatform("coder: { enabled: false }").resource["docker_image"] ?? {},
    );
    expect(withoutCoder.filter((name) => /workspace_|debian/.test(name))).toEqual([]);
  });

  it("stands on the base images that its Dockerfile names by itself", () => {
    const dockerfile = readFileSync(join(PROJECT, "services/workspace/Dockerfile"), "utf8");
    expect(dockerfile).toContain(`ARG NODE_IMAGE=${NODE_IMAGE}\n`);
    expect(dockerfile).toContain(`ARG DEBIAN_IMAGE=${DEBIAN_IMAGE}\n`);
  });
});
