import { firstPasswords } from "../../../cli/coder/user-passwords";

const user = (username: string, passwordEnv?: string) => ({
  username,
  email: `${username}@example.com`,
  login: passwordEnv === undefined ? ("oidc" as const) : ("password" as const),
  ...(passwordEnv && { passwordEnv }),
});

describe("firstPasswords", () => {
  const users = [user("ada", "ADA_PASSWORD"), user("bob", "BOB_PASSWORD"), user("cy")];

  it("needs those of new users alone", () => {
    expect(firstPasswords(users, ["ada"], { BOB_PASSWORD: "b" })).toEqual({ bob_password: "b" });
    expect(firstPasswords(users, ["ada", "bob"], {})).toEqual({});
  });

  it("names every one that is missing", () => {
    expect(() => firstPasswords(users, [], { ADA_PASSWORD: "" })).toThrow(
      "first passwords of new users in Coder are missing: ADA_PASSWORD (ada), BOB_PASSWORD (bob)",
    );
  });
});
