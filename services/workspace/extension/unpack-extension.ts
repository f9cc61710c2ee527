import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type BuiltInExtension, extensionRecord } from "../container/built-in-extension";

/** Which extension the image is built with. */
export interface ExtensionSource {
  /** Where its VSIX is. */
  readonly url: string;
  /** SHA-256 of the VSIX, in hex. */
  readonly sha256: string;
}

const MAX_BYTES = 200 * 1024 * 1024;
const LIMIT_MS = 5 * 60_000;

const Manifest = z.object({
  publisher: z.string().regex(/^[A-Za-z0-9][\w-]{0,99}$/),
  name: z.string().regex(/^[A-Za-z0-9][\w.-]{0,99}$/),
  version: z.string().regex(/^[\w.+-]{1,60}$/),
  main: z.string().default("./dist/extension.js"),
});

/**
 * Makes the extension of a VSIX one that code-server has built in: pinned for every home, not to be uninstalled, and nothing of it in the home.
 * @param extensions folder with the built-in extensions of code-server
 * @param image where the record of it goes, with the id of the announcement that it would show
 * @throws Error when it cannot be had, or is not what the checksum says
 */
export async function unpackExtension(
  { url, sha256 }: ExtensionSource,
  { extensions, image }: { readonly extensions: string; readonly image: string },
): Promise<BuiltInExtension> {
  const folder = mkdtempSync(join(tmpdir(), "vsix-"));
  try {
    const archive = join(folder, "extension.vsix");
    writeFileSync(archive, await download(url, sha256));
    // A VSIX is a zip, which Node cannot read.
    execFileSync("python3", ["-m", "zipfile", "-e", archive, folder], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const unpacked = join(folder, "extension");
    const manifest = Manifest.parse(JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8")));
    const id = `${manifest.publisher}.${manifest.name}`.toLowerCase();
    const target = join(extensions, id);
    if (existsSync(target)) throw new Error(`code-server has ${id} built in already`);
    mkdirSync(extensions, { recursive: true });
    execFileSync("cp", ["-R", unpacked, target]);
    const announcementId = announcementIn(join(unpacked, manifest.main));
    const record = {
      id,
      version: manifest.version,
      ...(announcementId === undefined ? {} : { announcementId }),
    };
    mkdirSync(image, { recursive: true });
    writeFileSync(extensionRecord({ image }), `${JSON.stringify(record, null, 2)}\n`);
    return record;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function download(url: string, sha256: string): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_BYTES) throw new Error(`${url} has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256.toLowerCase())
    throw new Error(
      `${url} has the SHA-256 ${found}, not ${sha256}; correct workspaces.extension.sha256 if this is the file you want`,
    );
  return bytes;
}

/** Roo Code and Zoo Code show an announcement until this id is the one last shown. */
function announcementIn(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  return /\blatestAnnouncementId\s*=\s*["'`]([^"'`]{1,200})["'`]/.exec(readFileSync(file, "utf8"))?.[1];
}
