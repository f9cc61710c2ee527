import { z } from "zod";

/** Longer ones are a mistake. */
const MAX_LENGTH = 512;

/** An address without parts that may be secret: it is in the plan and in the history of the image. */
const isPlainUrl = (text: string) => {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "" && !/[?#\s]/.test(text);
};

/** The editor extension of workspaces. */
export const WorkspaceExtension = z
  .strictObject({
    url: z
      .string()
      .refine(isPlainUrl, {
        error: "must be an http or https URL of a VSIX, without credentials, query and fragment",
      })
      .describe("Where the VSIX is. The build of the workspace image downloads it."),
    sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, { error: "must be the SHA-256 of the VSIX: 64 hexadecimal digits" })
      .describe("SHA-256 of the VSIX: `sha256sum file.vsix`."),
  })
  .describe(
    "Extension that the editor of workspaces has built in, such as Roo Code or Zoo Code. @default - none; users may install their own",
  );
