import { postgresRolesScript } from "../../constructs/postgres-roles";

// What the script does is shown by the acceptance suite on a real server; here is what it must never say.
describe("postgresRolesScript", () => {
  const script = postgresRolesScript([
    { name: "gateway", passwordFile: "GATEWAY_PASSWORD", connectionLimit: 50 },
    { name: "key_provisioner", passwordFile: "KEY_PROVISIONER_PASSWORD", connectionLimit: 10 },
  ]);

  it("lets the server read each password from its file and quote it: it is in no environment", () => {
    for (const [role, file] of [
      ["postgres", "POSTGRES_PASSWORD"],
      ["gateway WITH", "GATEWAY_PASSWORD"],
      ["key_provisioner WITH", "KEY_PROVISIONER_PASSWORD"],
    ]) {
      const statement = script.split("\n").find((line) => line.includes(`'ALTER ROLE ${role}`));
      expect(statement).toMatch(
        new RegExp(
          `PASSWORD %L', rtrim\\(pg_read_file\\('/etc/sluice/current/secrets/${file}'\\), E'\\\\n'\\)\\) \\\\gexec$`,
        ),
      );
    }
    expect(script).not.toContain("getenv");
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
    const grant = { name: "a; DROP TABLE x", passwordFile: "P", connectionLimit: 1 };
    expect(() => postgresRolesScript([grant])).toThrow("database name must match");
  });
});
