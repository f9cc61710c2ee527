import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROUTE_ACCESS } from "../../services/gateway/management/route-access";
import { PROJECT } from "../support/source-files";

test("docs/gateway-api.md lists every route with the roles that may call it", () => {
  const rows = readFileSync(join(PROJECT, "docs/gateway-api.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| `(GET|POST) /.test(line));
  const expected = Object.entries(ROUTE_ACCESS).map(
    ([route, { roles, summary }]) =>
      `| \`${route}\` | ${roles === "public" ? roles : roles.join(", ")} | ${summary} |`,
  );
  expect(rows).toEqual(expected);
});
