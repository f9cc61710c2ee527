import { SERVICES, serviceTag } from "../../constructs/service-inputs";
import { resourceAt, synthesizePlatform } from "../support/platform-fixture";

it.each(SERVICES)("the tag of %s is that of the image that is deployed", (service) => {
  const { name } = resourceAt(synthesizePlatform("name: team"), "docker_image", `sluice/images/${service}`);
  expect(name).toBe(`team/${service}:${serviceTag(service)}`);
});
