import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Places } from "../../../services/workspace/container/places";
import { temporaryFolder } from "../temporary-folder";

export const SYSTEM_CERTIFICATES = "-----BEGIN CERTIFICATE-----\nsystem\n-----END CERTIFICATE-----\n";
export const PLATFORM_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nplatform\n-----END CERTIFICATE-----\n";

/** A container's places in a folder of the test, with the system's certificates and nothing else. */
export function testPlaces(): Places {
  const root = temporaryFolder();
  const places = {
    home: join(root, "home"),
    state: join(root, "state"),
    image: join(root, "image"),
    systemCertificates: join(root, "system.crt"),
    platformCertificate: join(root, "ca.crt"),
    coderLog: join(root, "coder.log"),
  };
  for (const folder of [places.home, places.state, places.image]) mkdirSync(folder);
  writeFileSync(places.systemCertificates, SYSTEM_CERTIFICATES);
  return places;
}
