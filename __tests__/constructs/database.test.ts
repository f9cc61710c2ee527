import { externalDatabase } from "../../constructs/database";
import { synthesizeLibrary } from "../support/library-stack";

describe("a database that somebody else keeps", () => {
  it("has a password of the operator's environment, and nothing to wait for", () => {
    const stack = synthesizeLibrary((scope) => {
      const database = externalDatabase(scope, "postgres://gateway@db.example/gateway", "TEAM_DB_PASSWORD");
      expect(database).toMatchObject({ url: "postgres://gateway@db.example/gateway" });
      expect(database.ready).toBeUndefined();
      expect(database.password.expose()).toContain("TfToken");
    });
    expect(stack.variable["team_db_password"]).toMatchObject({ sensitive: true, default: "" });
  });

  it("has no password in its URL", () => {
    synthesizeLibrary((scope) => {
      expect(() => externalDatabase(scope, "postgres://gateway:hunter2@db.example/x", "TEAM_DB")).toThrow(
        /^the URL of a database must have no password: name its variable, such as TEAM_DB$/,
      );
    });
  });
});
