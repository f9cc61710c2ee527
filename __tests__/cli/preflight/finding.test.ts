import { refuseFindings } from "../../../cli/preflight/finding";

describe("findings", () => {
  it("are told all at once, each with its setting", () => {
    const finding = { problem: "port 1 is taken", allowed: "a free one", remedy: "choose another" };
    expect(() => refuseFindings([{ path: "ports.gateway", ...finding }, finding], "team.yaml")).toThrow(
      `this cannot be applied, and nothing was changed:
  team.yaml ports.gateway: port 1 is taken; allowed: a free one; remedy: choose another
  port 1 is taken; allowed: a free one; remedy: choose another`,
    );
  });

  it("are no matter when there are none", () =>
    expect(() => refuseFindings([], "platform.yaml")).not.toThrow());
});
