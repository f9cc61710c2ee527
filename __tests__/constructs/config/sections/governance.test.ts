import { addDuration } from "../../../../services/gateway/admin/fields";
import { configFindings } from "../../../support/config-findings";

const audit = (duration: string) => `retention: { audit: ${JSON.stringify(duration)} }`;

describe("a duration", () => {
  it.each([
    ["1s", "315360001s", "315360000s"],
    ["1m", "5256001m", "5256000m"],
    ["1h", "87601h", "87600h"],
    ["1d", "3651d", "3650d"],
    ["1w", "522w", "521w"],
    ["1mo", "120mo", "119mo"],
  ])("is from %s, and %s is too long", (least, tooLong, most) => {
    for (const good of [least, most]) expect(configFindings(audit(good))).toEqual([]);
    expect(configFindings(audit(tooLong))).toEqual([
      `platform.yaml:2:21 retention.audit: is too long, got "${tooLong}"; allowed: ${least} to ${most}, ten years; remedy: correct it, or remove the line for the default, 365d`,
    ]);
    // What is taken here must be taken by the gateway, or it does not start.
    expect(addDuration(new Date(0), most)).toBeInstanceOf(Date);
    expect(addDuration(new Date(0), tooLong)).toBeUndefined();
  });

  it.each(["0d", "0mo"])("is more than nothing: %s", (duration) => {
    expect(configFindings(audit(duration))).toEqual([
      `platform.yaml:2:21 retention.audit: is too short, got "${duration}"; allowed: 1${duration.slice(1)} to ${duration === "0d" ? "3650d" : "119mo"}, ten years; remedy: correct it, or remove the line for the default, 365d`,
    ]);
  });

  it("is too long, whatever its number of digits", () => {
    expect(configFindings(audit("99999999999d"))[0]).toContain(
      'is too long, got "99999999999d"; allowed: 1d to 3650d, ten years',
    );
    expect(configFindings(audit(`${"9".repeat(400)}d`))[0]).toContain("is too long");
  });

  it.each(["1 d", "1D", "1y", "d", "", "1.5d", "-1d", "00d", "07d", "1d2h"])("is refused: %j", (duration) => {
    expect(configFindings(audit(duration))).toEqual([
      `platform.yaml:2:21 retention.audit: must be a duration: a whole number and s, m, h, d, w or mo, such as 1d, got "${duration}"; remedy: correct it, or remove the line for the default, 365d`,
    ]);
  });
});
