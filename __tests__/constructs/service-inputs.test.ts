import { SERVICES } from "../../constructs/service-catalog";
import { serviceTag } from "../../constructs/service-inputs";
import { resourceAt, synthesizePlatform } from "../support/platform-fixture";

const built = SERVICES.filter(({ image }) => "builtFrom" in image).map(({ name }) => name);

it.each(built)("the tag of %s is that of the image that is deployed", (service) => {
  const { name } = resourceAt(synthesizePlatform("name: team"), "docker_image", `sluice/images/${service}`);
  expect(name).toBe(`team/${service}:${serviceTag(service)}`);
});
