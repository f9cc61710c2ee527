import { postgresRolesScript } from "../../constructs/postgres-roles";

// What the script does is shown by the acceptance suite on a real server; here is what it must never say.
describe("postgresRolesScript", () => {
  const script = postgresRolesScript([
    { name: "gateway", passwordEnv: "GATEWAY_PASSWORD", connectionLimit: 50 },
    { name: "key_provisioner", passwordEnv: "KEY_PROVISIONER_PASSWORD", connectionLimit: 10 },
  ]);

  it("takes passwords from the environment, quoted by the server", () => {
    expect(script).toContain("\\getenv password GATEWAY_PASSWORD");
    expect(script).toContain("PASSWORD %L', :'password') \\gexec");
  });

  it("takes a changed password of the superuser over", () => {
    expect(script).toContain("\\getenv password POSTGRES_PASSWORD");
    expect(script).toContain("SELECT format('ALTER ROLE postgres PASSWORD %L', :'password') \\gexec");
  });

  it("keeps statements with passwords out of the server's log, in every session", () => {
    const sessions = script.split("\n").filter((line) => line.startsWith("\\connect postgres")).length + 1;
    expect(script.match(/SET log_min_error_statement = panic;/g)).toHaveLength(sessions);
  });

  it("closes every database to everybody else", () => {
    for (const database of ["postgres", "template1"]) {
      expect(script).toContain(`REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC;`);
    }
    expect(script).toContain("REVOKE ALL ON DATABASE gateway FROM PUBLIC;");
    expect(script).toContain("REVOKE ALL ON DATABASE key_provisioner FROM PUBLIC;");
  });

  it("refuses a name that is not a plain identifier", () => {
    const grant = { name: "a; DROP TABLE x", passwordEnv: "P", connectionLimit: 1 };
    expect(() => postgresRolesScript([grant])).toThrow("database name must match");
  });
});
