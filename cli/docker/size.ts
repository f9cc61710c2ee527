const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** A size as docker prints it, such as `48.3MB`, in bytes. @returns `undefined` for `N/A` */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ""] = /^([\d.]+)\s?([kMGTP]?B)$/.exec(text) ?? [];
  return number === undefined ? undefined : Math.round(Number(number) * 1000 ** UNITS.indexOf(unit));
}

/** Bytes as docker prints them: powers of a thousand, three digits. */
export function formatSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toPrecision(3)} ${UNITS[power]}`;
}
