import { styleText } from "node:util";

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
const COLOURS = /\x1b\[[\d;]*m/g;

type Style = Parameters<typeof styleText>[0];

/** Whether standard output shows colours: a terminal does, unless NO_COLOR is set. */
export function hasColours(): boolean {
  return process.stdout.isTTY === true && !process.env["NO_COLOR"];
}

/** Colours on a terminal, plain text in pipes and with NO_COLOR. */
export function paint(style: Style, text: string): string {
  return hasColours() ? styleText(style, text) : text;
}

/** What another program wrote for a terminal, as plain text. */
export function stripColours(text: string): string {
  return text.replaceAll(COLOURS, "");
}
