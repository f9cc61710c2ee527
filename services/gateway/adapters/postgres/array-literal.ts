/** A value of an array parameter. Money and counts are whole numbers. */
export type Element = string | number | boolean | null;

/** What could be mistaken for the syntax of an array, or for its NULL. */
const NEEDS_QUOTES = /[\s"\\{},]|^null$|^$/i;

/**
 * The values as the text of a Postgres array of one dimension. The driver's own conversion looks at every value
 * several times; with thirty columns that is what a commit would spend most of its time on.
 * Source: Postgres documentation, "Array Input and Output Syntax".
 */
export function arrayLiteral<Item>(items: readonly Item[], read: (item: Item) => Element): string {
  let text = "{";
  for (const [index, item] of items.entries()) {
    if (index > 0) text += ",";
    const value = read(item);
    if (value === null) text += "NULL";
    else if (typeof value === "string") text += quote(value);
    else text += value;
  }
  return `${text}}`;
}

function quote(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
}
