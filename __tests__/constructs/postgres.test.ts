import type { TerraformStack } from "cdktf";
import { DockerNetworks } from "../../constructs/docker-networks";
import { Postgres } from "../../constructs/postgres";
import { containerNamed, synthesizeLibrary } from "../support/library-stack";

const postgresOf = (stack: TerraformStack) =>
  new Postgres(stack, "postgres", {
    networks: [
      { network: new DockerNetworks(stack, "networks", { prefix: "team" }).data, aliases: ["postgres"] },
    ],
  });

function deliveredBy(use: (postgres: Postgres) => void) {
  const stack = synthesizeLibrary((scope) => use(postgresOf(scope)));
  const uploads = containerNamed(stack, "team-postgres-files")["upload"] as {
    file: string;
    content: string;
  }[];
  const files = Object.fromEntries(
    uploads.map(({ file, content }) => [file.replace(/^\/etc\/sluice\/\.incoming-\w+\//, ""), content]),
  );
  return { files, folders: new Set(uploads.map(({ file }) => file.split("/")[3])), stack };
}

describe("a database", () => {
  it("has a role and a secret once it is asked for, and only then", () => {
    expect(Object.keys(deliveredBy(() => {}).files).sort()).toEqual([
      "roles.sql",
      "secrets/POSTGRES_PASSWORD",
    ]);
    const { files, folders, stack } = deliveredBy((postgres) => {
      expect(postgres.database("reports", { connections: 5 }).url).toBe(
        "postgres://reports@postgres:5432/reports",
      );
      postgres.database("gateway");
    });
    expect(files["secrets/REPORTS_PASSWORD"]).toBe("${var.reports_database_password}\n");
    expect(files["secrets/GATEWAY_PASSWORD"]).toBe("${var.gateway_database_password}\n");
    expect(files["roles.sql"]).toContain("ALTER ROLE reports WITH LOGIN");
    expect(files["roles.sql"]).toContain("CONNECTION LIMIT 5 ");
    expect(stack.variable["reports_database_password"]).toMatchObject({ sensitive: true });
    const [command] = containerNamed(stack, "team-postgres-files")["command"] as string[];
    expect([...folders]).toEqual([command]);
  });

  it("is the same one when it is asked for again", () => {
    deliveredBy((postgres) => expect(postgres.database("a")).toBe(postgres.database("a")));
  });

  it("takes its connections from what the server has for all", () => {
    deliveredBy((postgres) => {
      postgres.database("gateway");
      postgres.database("reports", { connections: 37 });
      expect(() => postgres.database("late")).toThrow("only 0 are left");
    });
  });
});
