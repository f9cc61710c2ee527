/** A text that Terraform takes as it is: in its strings, `${` and `%{` begin a template unless they are doubled. */
export function literalText(text: string): string {
  return text.replace(/\$\{/g, "$$$${").replace(/%\{/g, "%%{");
}
