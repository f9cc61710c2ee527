import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROUTE_ACCESS } from "../../services/gateway/http/access";
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

describe("every difference from LiteLLM is held by a test", () => {
  const text = readFileSync(join(PROJECT, "docs/gateway-api.md"), "utf8");
  const rows = (text.split("## Different from LiteLLM")[1] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| here |"));

  it("has rows", () => expect(rows.length).toBeGreaterThan(20));

  it.each(rows)("%s", (row) => {
    const [, file = "", title = ""] = / \| `([^`]+)`: ([^|]+) \|$/.exec(row) ?? [];
    const path = join(PROJECT, "__tests__", file);
    expect([file, existsSync(path)]).toEqual([expect.stringMatching(/\.test\.ts$/), true]);
    expect(readFileSync(path, "utf8")).toContain(title.trim());
  });
});
