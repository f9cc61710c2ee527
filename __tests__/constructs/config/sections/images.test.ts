import { configFindings } from "../../../support/config-findings";

describe("an image", () => {
  const image = (text: string) => `images: { node: ${JSON.stringify(text)} }`;
  const digest = `@sha256:${"a".repeat(64)}`;

  it.each([
    "node:22.21.1-bookworm-slim",
    "docker.io/library/node:22",
    "registry.example:5000/mirror/node:22",
    "localhost:5000/node:22",
    `ghcr.io/a/b__c/d-e.f${digest}`,
    `node:22${digest}`,
  ])("is taken: %s", (text) => expect(configFindings(image(text))).toEqual([]));

  it.each([
    "a//b:22",
    "a/:22",
    "a:b:c",
    "a..b:1",
    "-node:22",
    "Node:22",
    "node: 22",
    "node:22;x",
    "https://a/node:22",
    `${"a".repeat(300)}:22`,
    "node:22@sha256:abc",
  ])("is refused once: %s", (text) => {
    const found = configFindings(image(text));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("platform.yaml:2:17 images.node: must be an image reference, ");
  });

  it.each(["node", "node:latest", "registry.example:5000/node"])("is pinned: %s is not", (text) => {
    expect(configFindings(image(text))[0]).toContain("must be pinned: a tag other than latest, or a digest");
  });
});
