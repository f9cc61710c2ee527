import { unpackExtension } from "./extension/unpack-extension";

/** Part of the image's build: `install-extension <folder of extensions> <folder of the record>`, with `EXTENSION_URL` and `EXTENSION_SHA256`. */
async function main(): Promise<void> {
  const [extensions = "", image = ""] = process.argv.slice(2);
  const { EXTENSION_URL: url, EXTENSION_SHA256: sha256 } = process.env;
  if (!url) {
    console.log("no extension is asked for");
    return;
  }
  if (!sha256) throw new Error("EXTENSION_URL is set and EXTENSION_SHA256 is not");
  const { id, version } = await unpackExtension({ url, sha256 }, { extensions, image });
  console.log(`${id} ${version} is built in`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
