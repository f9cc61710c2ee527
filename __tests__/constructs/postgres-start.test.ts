import { POSTGRES_START } from "../../constructs/postgres-start";

// That it starts, and follows its files, is shown by the acceptance suite on a real server; here is what it must never do.
it("puts no password into an environment or argument: programs get the names of files", () => {
  expect(POSTGRES_START).not.toMatch(/export|getenv|PGPASSWORD|cat "?\/etc\/sluice\/current\/secrets/);
  expect(POSTGRES_START).toContain("--pwfile=/etc/sluice/current/secrets/POSTGRES_PASSWORD");
});
