import { configFindings } from "../../../support/config-findings";
import { platformConfig } from "../../../support/platform-fixture";

describe("the section coder", () => {
  it("has a server by default, whose first user is admin", () => {
    expect(platformConfig().coder).toEqual({
      enabled: true,
      admin: { username: "admin", email: "admin@sluice.example" },
      users: [],
    });
  });

  it.each([
    ["coder: { wildcardHost: coder.example }", /coder\.wildcardHost.*must be \*\. and a host name/],
    ['coder: { wildcardHost: "*.example" }', /coder\.wildcardHost.*with a dot/],
    ['coder: { wildcardHost: "*.coder.example:7443" }', /coder\.wildcardHost.*without scheme or port/],
    ["coder: { providerMirror: mirror }", /coder\.providerMirror.*absolute path/],
    ["coder: { admin: { username: a_b } }", /coder\.admin\.username.*letters and digits/],
    ["coder: { admin: { email: admin } }", /coder\.admin\.email/],
    ["ports: { coder: 7080, coderHttp: 7081 }", /ports\.coder: is the port on which Coder serves agents/],
    ["ports: { coder: 7443, coderHttp: 7443 }", /is the same port as/],
    ["access: { certificate: { certificateFile: a.crt } }", /access\.certificate\.keyFile/],
  ])("refuses %s", (yaml, expected) => {
    expect(configFindings(yaml).join("\n")).toMatch(expected);
  });
});
