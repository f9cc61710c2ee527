import { z } from "zod";
import { BASE_IMAGES } from "../../service-catalog";

/** A part of a repository's name. */
const PART = "[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*";

/** `[registry/]repository:tag[@digest]`, see the OCI distribution specification. */
const REFERENCE = new RegExp(
  `^(?=[^@]{1,256}(?:@|$))(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\\d{1,5})?/)?${PART}(?:/${PART})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);

/** True when a reference names exactly one image: a digest, or a tag other than `latest`. */
export function isPinned(reference: string): boolean {
  const digest = reference.includes("@sha256:");
  const tag = /:([\w][\w.-]*)$/.exec(reference.split("@")[0] ?? "")?.[1];
  return digest || (tag !== undefined && tag !== "latest");
}

const image = (name: string, reference: string) =>
  z
    .string()
    .regex(REFERENCE, {
      error: "must be an image reference, [registry/]repository:tag[@sha256:…]",
      abort: true,
    })
    .refine(isPinned, { error: "must be pinned: a tag other than latest, or a digest" })
    .default(reference)
    .describe(`Image of ${name}: pinned by an exact tag or a digest.`);

/** Base images; a mirror is one line here. */
export const Images = z
  .strictObject(
    Object.fromEntries(
      Object.entries(BASE_IMAGES).map(([name, reference]) => [name, image(name, reference)]),
    ),
  )
  .prefault({})
  .describe("Base images, pinned. Point them at your own registry to mirror them.");
