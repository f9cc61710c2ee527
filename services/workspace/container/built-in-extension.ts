import { join } from "node:path";
import { z } from "zod";
import { readIfPresent } from "./atomic-file";
import type { Places } from "./places";

const Extension = z.object({
  id: z.string(),
  version: z.string(),
  announcementId: z.string().optional(),
});

/** The extension that the image was built with. */
export type BuiltInExtension = z.output<typeof Extension>;

/** Where the image says which extension it has; `unpack-extension.ts` writes it. */
export const extensionRecord = ({ image }: Pick<Places, "image">): string => join(image, "extension.json");

/** The extension of this image, undefined when it was built without one. @throws Error when the record cannot be read */
export async function readBuiltInExtension(
  places: Pick<Places, "image">,
): Promise<BuiltInExtension | undefined> {
  const record = await readIfPresent(extensionRecord(places));
  return record === undefined ? undefined : Extension.parse(JSON.parse(record));
}
