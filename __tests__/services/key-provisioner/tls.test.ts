import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { makeAuthority, makeCertificate } from "../../../cli/certificates/issue";
import { Certificate } from "../../../services/key-provisioner/tls";
import { temporaryFolder } from "../../support/temporary-folder";

const folder = temporaryFolder();
const files = { certificateFile: join(folder, "access.crt"), keyFile: join(folder, "access.key") };
const logger = { info: jest.fn(), error: jest.fn() };
const now = new Date();

it("takes a certificate once it is there, and says once that another cannot be used", async () => {
  const certificate = new Certificate(files, logger);
  certificate.give(createServer());
  expect(certificate.isUsable).toBe(false);
  const issued = await makeCertificate(await makeAuthority("test", now), ["localhost"], now);
  writeFileSync(files.certificateFile, issued.certificate);
  writeFileSync(files.keyFile, issued.key);
  for (const _ of [1, 2, 3]) certificate.look();
  expect(certificate.isUsable).toBe(true);
  expect(logger.info).toHaveBeenCalledTimes(1);
  writeFileSync(files.certificateFile, "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n");
  for (const _ of [1, 2, 3, 4, 5]) certificate.look();
  expect(logger.error).toHaveBeenCalledTimes(1);
  expect(certificate.isUsable).toBe(true);
});
