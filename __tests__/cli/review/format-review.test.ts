import type { ChangeSummary } from "../../../cli/plan/change-summary";
import { failureAsMarkdown, reviewAsMarkdown } from "../../../cli/review/format-review";

const change = (text: string) => ({
  service: "gateway",
  address: "docker_container.gateway",
  kind: "container" as const,
  action: "update" as const,
  details: [{ attributes: ["env"], text }],
  effect: "in place",
});
const summary = (...texts: string[]): ChangeSummary => ({ changes: texts.map(change), risks: [] });

describe("a review as a comment", () => {
  it("begins with the marker by which it is found again", () => {
    for (const text of [
      reviewAsMarkdown(summary("a"), false),
      reviewAsMarkdown(summary(), false),
      failureAsMarkdown("x"),
    ]) {
      expect(text.startsWith("<!-- sluice review -->\n")).toBe(true);
    }
  });

  it("says in one line that nothing changes", () =>
    expect(reviewAsMarkdown(summary(), false)).toContain("changes nothing that is deployed"));

  it("takes texts of the pull request as texts: no mention, link, markup or end of a comment", () => {
    const text = reviewAsMarkdown(summary("@team <b>x</b> [a](http://b) `c` *d* -->"), false);
    expect(text.slice("<!-- sluice review -->".length)).not.toMatch(
      /@team|<b>|[^\\]\[a|[^\\]`c|[^\\]\*d|-->/,
    );
  });

  it("fits into a comment, and says how much was left out", () => {
    const text = reviewAsMarkdown(
      summary(...Array.from({ length: 5_000 }, (_, at) => `value ${at} → ${"ü".repeat(40)}`)),
      false,
    );
    expect(Buffer.byteLength(text)).toBeLessThan(60_000);
    expect(text).toMatch(/… and \d+ more/);
    expect(Buffer.byteLength(failureAsMarkdown("ü".repeat(100_000)))).toBeLessThan(60_000);
  });

  it("keeps a failure inside its fence", () =>
    expect(
      failureAsMarkdown("a\n```\n@team")
        .split("\n")
        .filter((line) => line === "````"),
    ).toHaveLength(2));

  it("asks for the label where data would be lost, and says when it was given", () => {
    const risky = { ...summary("a"), risks: [{ service: "redis", text: "gone", remedy: "keep it" }] };
    expect(reviewAsMarkdown(risky, false)).toContain("add the label `accept-data-loss`");
    expect(reviewAsMarkdown(risky, true)).not.toContain("add the label");
  });
});
