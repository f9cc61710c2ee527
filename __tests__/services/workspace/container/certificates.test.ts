import { readFileSync, writeFileSync } from "node:fs";
import {
  bundleCertificates,
  certificateVariables,
} from "../../../../services/workspace/container/certificates";
import { certificateBundle } from "../../../../services/workspace/container/places";
import { PLATFORM_CERTIFICATE, SYSTEM_CERTIFICATES, testPlaces } from "../../../support/workspace/places";

describe("the bundle of certificate authorities", () => {
  it("has the system's and the platform's", async () => {
    const places = testPlaces();
    writeFileSync(places.platformCertificate, PLATFORM_CERTIFICATE.trimEnd());
    expect(await bundleCertificates(places)).toBe(true);
    expect(readFileSync(certificateBundle(places), "utf8")).toBe(SYSTEM_CERTIFICATES + PLATFORM_CERTIFICATE);
    expect(certificateVariables(places)).toMatchObject({
      SSL_CERT_FILE: certificateBundle(places),
      NODE_EXTRA_CA_CERTS: certificateBundle(places),
    });
  });

  it.each([undefined, "", "\n"])("has the system's alone where the platform has none (%j)", async (own) => {
    const places = testPlaces();
    if (own !== undefined) writeFileSync(places.platformCertificate, own);
    expect(await bundleCertificates(places)).toBe(false);
    expect(readFileSync(certificateBundle(places), "utf8")).toBe(SYSTEM_CERTIFICATES);
  });

  it("is not made of what is no certificate, and no variable names it then", async () => {
    const places = testPlaces();
    writeFileSync(places.platformCertificate, "<html>");
    await expect(bundleCertificates(places)).rejects.toThrow("is not a certificate in PEM form");
    expect(certificateVariables(places)).toEqual({});
  });
});
