import { parsePlatform } from "../../../../constructs";

const ADA = "username: ada, email: ada@example.com";
const parse = (...users: string[]) =>
  parsePlatform(
    `apiVersion: sluice/v1\ncoder:\n  users:\n${users.map((one) => `    - { ${one} }\n`).join("")}`,
    "p.yaml",
  );

describe("coder.users", () => {
  it("takes people with any login, and leaves roles alone that are not written", () => {
    const { users } = parse(
      `${ADA}, login: password, passwordEnv: ADA_PASSWORD`,
      "username: bob, email: b@example.com, login: oidc, roles: []",
    ).coder;
    expect(users.map(({ roles }) => roles)).toEqual([undefined, []]);
  });

  it.each([
    [[`${ADA}, login: password`], "coder.users[0].passwordEnv: is needed with login: password"],
    [
      [`${ADA}, login: oidc, passwordEnv: ADA_PASSWORD`],
      "coder.users[0].passwordEnv: has no use with login: oidc",
    ],
    [[`${ADA}, login: password, passwordEnv: Hunter2`], "must be the NAME of an environment variable"],
    [
      [`${ADA}, login: oidc`, `${ADA}, login: oidc`],
      "coder.users[1].username: is the same username as coder.users[0].username",
    ],
    [["username: sluice-deploy, email: a@example.com, login: oidc"], "begins with sluice-"],
    [["username: Ada Lovelace, email: a@example.com, login: oidc"], "must be a login name such as ada"],
    [[`${ADA}, login: oidc, roles: [admin]`], "coder.users[0].roles[0]: is not known"],
    [
      [`${ADA}, login: oidc, minimumLevel: strict`],
      'coder.users[0].minimumLevel: is not a level, got "strict"; allowed: unrestricted, standard, design-first; remedy: name one of them, or add it to enforcement.levels',
    ],
    [
      ["username: admin, email: a@example.com, login: oidc"],
      "coder.users[0].username: is that of coder.admin",
    ],
  ])("refuses %j", (users, text) => {
    expect(() => parse(...users)).toThrow(text);
  });
});
