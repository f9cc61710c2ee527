import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Debian's Chromium, installed when there is none. @throws Error with the remedy when it cannot be had */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: chromiumPath(), args: FLAGS });
}

function chromiumPath(): string {
  const found = PLACES.find((place) => existsSync(place));
  if (found !== undefined) return found;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  process.stderr.write("Installing Chromium with apt-get …\n");
  try {
    execFileSync("apt-get", ["update", "-qq"], { env, stdio: "inherit" });
    const packages = ["install", "-y", "-qq", "--no-install-recommends", "chromium"];
    execFileSync("apt-get", packages, { env, stdio: ["ignore", 2, 2] });
  } catch (error) {
    throw new Error("there is no Chromium, and apt-get cannot install it; remedy: install Chromium", {
      cause: error,
    });
  }
  return PLACES[0] as string;
}
