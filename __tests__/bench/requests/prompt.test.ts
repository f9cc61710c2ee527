import { createHash } from "node:crypto";
import { prepareRequest } from "../../../bench/requests/prompt";

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly stream?: boolean;
}

const parse = (body: string) => JSON.parse(body) as Body;

test.each([100, 400])(
  "a prompt of %i KiB has about that size, and no two messages that would be joined",
  (kibibytes) => {
    const { body, promptSha256 } = prepareRequest(false, kibibytes * 1024);
    expect(Buffer.byteLength(body) / 1024 / kibibytes).toBeCloseTo(1, 1);
    const { messages } = parse(body);
    const [system, ...turns] = messages.map(({ role }) => role);
    expect(system).toBe("system");
    expect(turns.at(-1)).toBe("user");
    expect(turns.every((role, index) => role === (index % 2 === 0 ? "user" : "assistant"))).toBe(true);
    const texts = messages.map(({ content }) => content).join("");
    expect(promptSha256).toBe(createHash("sha256").update(texts).digest("hex"));
  },
);

test("only a request for JSON carries the mark that the fake upstream looks for", () => {
  expect(prepareRequest(false).body).toContain("answer-as-json");
  expect(prepareRequest(true).body).not.toContain("answer-as-json");
  expect(parse(prepareRequest(true).body).stream).toBe(true);
});
