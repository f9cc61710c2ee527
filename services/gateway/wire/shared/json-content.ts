import { ByteTextBuilder, escapeText, unescapeText } from "../internal/byte-text";

const FENCED = /^\s*```(?:json)?[^\S\n]*\n([\s\S]*?)\n?```\s*$/;

/**
 * Text that was asked to be JSON, without the fence of a code block that models like to put around it. Text that is
 * something else stays as it is.
 */
export function unfence(text: string): string {
  return FENCED.exec(text)?.[1] ?? text;
}

/** Nothing but white space and the beginning of a fence so far. */
const MAY_BE_FENCE = /^\s*`{0,2}$/;
const FENCE = /^\s*```/;

/**
 * Streamed text that was asked to be JSON. It goes out as it comes, unless it begins like a fence: then it waits for its
 * end, where `unfence` decides. States: `start`, nothing is decided; `fence`; `flowing`.
 */
export class JsonText {
  #state: "start" | "fence" | "flowing" = "start";
  readonly #held = new ByteTextBuilder();

  /** @param escaped as in `DeltaText`. @returns what can go out by now, escaped as well */
  push(escaped: string): string {
    if (this.#state === "flowing") return escaped;
    this.#held.add(escaped);
    if (this.#state === "fence") return "";
    const text = unescapeText(this.#held.toString());
    if (FENCE.test(text)) this.#state = "fence";
    if (this.#state === "fence" || MAY_BE_FENCE.test(text)) return "";
    this.#state = "flowing";
    return this.#held.toString();
  }

  /** The text is over. @returns what is left of it, escaped */
  end(): string {
    if (this.#state === "flowing") return "";
    this.#state = "flowing";
    return escapeText(unfence(unescapeText(this.#held.toString())));
  }
}
