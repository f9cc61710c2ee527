/** Characters that show nothing, or change how others are shown: controls, changes of direction, line separators, halves of characters. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** The first character of a text that cannot be seen, such as `U+001B`; `undefined` where all can. */
export function firstUnprintable(text: string): string | undefined {
  const [character] = UNPRINTABLE.exec(text) ?? [];
  return character === undefined ? undefined : `U+${codeOf(character).toUpperCase().padStart(4, "0")}`;
}

/** A text that does nothing to the terminal or page that shows it: `\u{1b}` in the place of what cannot be seen. */
export function escapeUnprintable(text: string): string {
  return text.replace(new RegExp(UNPRINTABLE, "gu"), (character) => `\\u{${codeOf(character)}}`);
}

const codeOf = (character: string) => (character.codePointAt(0) ?? 0).toString(16);
