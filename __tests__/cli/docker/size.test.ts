import { formatSize, parseSize } from "../../../cli/docker/size";

it.each([
  ["0B", 0],
  ["177B", 177],
  ["48.3MB", 48_300_000],
  ["1.2 GB", 1_200_000_000],
  ["N/A", undefined],
])("parseSize takes %s", (text, bytes) => expect(parseSize(text)).toBe(bytes));

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.00 kB"],
  [48_300_000, "48.3 MB"],
  [271_000_000_000, "271 GB"],
])("formatSize gives %d", (bytes, text) => expect(formatSize(bytes)).toBe(text));
