import { buildProgress } from "../../../cli/apply/build-images";

it("tells builds by the names of their images, and nothing else", () => {
  const shown: string[] = [];
  const progress = buildProgress(new Map([["docker_image.gateway_1", "sluice/gateway:abc"]]), {
    write: (text) => shown.push(text),
  });
  progress.write("Warning: Resource targeting is in effect\n\x1b[1mdocker_image.gateway_1: Crea");
  progress.write("ting...\x1b[0m\ndocker_image.node: Creating...\n");
  progress.write("docker_image.gateway_1: Still creating... [1m10s elapsed]\n");
  progress.write("docker_image.gateway_1: Creation complete after 1m12s [id=sha256:1]\n");
  expect(shown).toEqual([
    "  building sluice/gateway:abc\n",
    "  building sluice/gateway:abc, 1m10s\n",
    "  built sluice/gateway:abc in 1m12s\n",
  ]);
});
