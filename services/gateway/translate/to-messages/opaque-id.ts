import { createHash } from "node:crypto";

/** A name for somebody or something that does not tell who it is: 64 hexadecimal digits, always the same ones. */
export function opaqueId(text: string): string {
  return createHash("sha256").update(`sluice:${text}`).digest("hex");
}
