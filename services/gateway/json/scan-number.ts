import { JsonSyntaxError } from "./json-syntax-error";

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** @returns the position after the number that begins at `start`. @throws JsonSyntaxError where JSON has no number */
export function scanNumber(bytes: Uint8Array, start: number): number {
  let position = bytes[start] === MINUS ? start + 1 : start;
  const end = scanDigits(bytes, position);
  if (bytes[position] === ZERO && end > position + 1) {
    throw new JsonSyntaxError("number with a leading zero", position);
  }
  position = end;
  if (bytes[position] === POINT) position = scanDigits(bytes, position + 1);
  const letter = bytes[position];
  if (letter === 0x65 || letter === 0x45) {
    const sign = bytes[position + 1];
    position = scanDigits(bytes, sign === PLUS || sign === MINUS ? position + 2 : position + 1);
  }
  return position;
}

/** At least one digit. */
function scanDigits(bytes: Uint8Array, start: number): number {
  let position = start;
  while (position < bytes.length) {
    const byte = bytes[position] as number;
    if (byte < ZERO || byte > NINE) break;
    position++;
  }
  if (position === start) throw new JsonSyntaxError("expected a digit", start);
  return position;
}
