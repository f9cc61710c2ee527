const FENCED = /^\s*```(?:json)?[^\S\n]*\n([\s\S]*?)\n?```\s*$/;

/**
 * Text that was asked to be JSON, without the fence of a code block that models like to put around it. Text that is
 * something else stays as it is.
 */
export function unfence(text: string): string {
  return FENCED.exec(text)?.[1] ?? text;
}
