import { ensureAccessCertificate } from "../../../cli/certificates/access-certificate";
import { certificateStatus, renewal } from "../../../cli/certificates/certificate-status";
import { platformConfig } from "../../support/platform-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

const NOW = new Date("2026-06-01T12:00:00Z");
const CONFIG = platformConfig("access: { host: ai.example }");

describe("certificateStatus", () => {
  it("is of nothing before a deploy, and then counts the days", async () => {
    const home = temporaryFolder();
    expect(certificateStatus(home, CONFIG)).toBeUndefined();
    await ensureAccessCertificate(home, CONFIG, { now: NOW });
    expect(certificateStatus(home, CONFIG, NOW)).toEqual({
      host: "ai.example",
      valid_until: "2027-07-03T11:00:00.000Z",
      days_left: 396,
      made_by: "sluice",
    });
  });

  it.each([
    [30, "sluice", undefined],
    [29, "sluice", "the certificate of ai.example ends in 29 days → npm run deploy replaces it"],
    [
      1,
      "own",
      "the certificate of ai.example ends in 1 day → replace the files of access.certificate, npm run deploy",
    ],
    [
      -1,
      "own",
      "the certificate of ai.example has ended → replace the files of access.certificate, npm run deploy",
    ],
  ] as const)("with %s days left of one made by %s says what is due", (days_left, made_by, expected) => {
    const due = renewal({ host: "ai.example", valid_until: "2027-01-01T00:00:00.000Z", days_left, made_by });
    expect(due && `${due.what} → ${due.remedy}`).toBe(expected);
  });
});
