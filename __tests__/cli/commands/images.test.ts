import { total } from "../../../cli/commands/images";

const image = (id: string, reference: string, heldBy: string[] = []) => ({
  id,
  reference,
  uniqueBytes: 14_200_000,
  created: "2026-03-10 09:00:00",
  heldBy,
});

it("counts an image with two names once", () => {
  const images = [image("a", "team/gateway:1"), image("a", "team/gateway:2"), image("b", "team/gateway:3")];
  expect(total(images)).toEqual({ count: "2 images", freed: "about 28.4 MB" });
});

it("an image that keeps another name stays, and frees nothing", () => {
  const held = image("a", "team/gateway:1", ["other/gateway:1"]);
  expect(total([held])).toEqual({ count: "1 name of images that stay", freed: "nothing" });
  expect(total([held, image("b", "team/gateway:2")])).toEqual({
    count: "1 image and 1 name of images that stay",
    freed: "about 14.2 MB",
  });
});
