/** Client text inside a message is bounded, so that an error never echoes a whole body. */
export function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
