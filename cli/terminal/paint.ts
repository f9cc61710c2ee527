import { styleText } from "node:util";

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
const COLOURS = /\x1b\[[\d;]*m/g;

type Style = Parameters<typeof styleText>[0];

/** Colours on a terminal, plain text in pipes and with NO_COLOR. */
export function paint(style: Style, text: string): string {
  return process.stdout.isTTY === true && !process.env["NO_COLOR"] ? styleText(style, text) : text;
}

/** What another program wrote for a terminal, as plain text. */
export function stripColours(text: string): string {
  return text.replaceAll(COLOURS, "");
}
