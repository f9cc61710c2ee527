import { chooseServices } from "../../../cli/logs/choose-services";

const services = ["gateway", "key-provisioner", "redis"];
const choose = (asked?: string) => chooseServices(asked, services, "team");

describe("chooseServices", () => {
  it("takes all of them, or one by its name with or without prefix", () => {
    expect(choose()).toEqual(services);
    expect(choose("redis")).toEqual(["redis"]);
    expect(choose("team-redis")).toEqual(["redis"]);
  });

  it.each([
    ["gatway", "gateway"],
    ["key", "key-provisioner"],
  ])("suggests for %s", (asked, meant) =>
    expect(() => choose(asked)).toThrow(`there is no service ${asked}; did you mean ${meant}?`),
  );

  it("names what there is", () => {
    expect(() => choose("litellm")).toThrow("services are: gateway, key-provisioner, redis");
    expect(() => choose("litellm")).not.toThrow("did you mean");
    expect(() => chooseServices(undefined, [], "team")).toThrow("no container of team is there");
  });
});
