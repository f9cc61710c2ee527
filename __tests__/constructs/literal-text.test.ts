import { literalText } from "../../constructs/literal-text";

it.each([
  ["Plain text, $5 and 100 %.", "Plain text, $5 and 100 %."],
  ["echo ${HOME} and %{if}", "echo $${HOME} and %%{if}"],
  ["$${a}", "$$${a}"],
])("%s", (text, expected) => expect(literalText(text)).toBe(expected));
