import { hash } from "node:crypto";

/** A name for somebody or something that does not tell who it is: 64 hexadecimal digits, always the same ones. */
export function opaqueId(text: string): string {
  return hash("sha256", `sluice:${text}`, "hex");
}
