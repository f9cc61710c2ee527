import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GATEWAY_VARIABLES } from "../../services/gateway/config";
import { PROJECT } from "../support/source-files";

const read = (path: string) => readFileSync(join(PROJECT, path), "utf8");

test("services/README.md lists every variable that the gateway reads", () => {
  const table = read("services/README.md").split("## Settings of the process")[1] ?? "";
  const listed = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name = ""]) => name),
  );
  expect(listed.sort()).toEqual(["SECRETS_DIRECTORY", ...GATEWAY_VARIABLES].sort());
});

test("the gateway's image holds every program of the gateway", () => {
  const programs = readdirSync(join(PROJECT, "services/gateway")).filter((name) =>
    /^(server|heartbeat)\.ts$/.test(name),
  );
  expect(programs).toHaveLength(2);
  const dockerfile = read("services/gateway/Dockerfile");
  for (const program of programs) expect(dockerfile).toContain(`services/gateway/${program} `);
});
