import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Colours on a terminal, plain text in pipes and with NO_COLOR. */
export function paint(style: Style, text: string): string {
  return process.stdout.isTTY === true && !process.env["NO_COLOR"] ? styleText(style, text) : text;
}
