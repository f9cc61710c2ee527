import {
  lookAtPrompt,
  type PromptFile,
  type PromptRead,
  UNREAD,
} from "../../../../services/gateway/enforcement/prompt-file";

const content = (text: string): PromptRead => ({ bytes: Buffer.from(text) });
const gone: PromptRead = { unreadable: "ENOENT" };
const look = (...reads: PromptRead[]): PromptFile =>
  reads.reduce((file, read) => lookAtPrompt(file, "standard", read), UNREAD);
const summary = ({ phase, inForce, refused }: PromptFile) => ({ phase, text: inForce?.text, refused });

describe("after these looks", () => {
  it.each<[string, PromptRead[], { phase: string; text?: string; refused?: string }]>([
    ["one: not taken over yet", [content("A")], { phase: "changing" }],
    ["two alike", [content("A"), content("A")], { phase: "settled", text: "A" }],
    ["two unlike", [content("A"), content("AB")], { phase: "changing" }],
    ["half, then whole", [content("A"), content("AB"), content("AB")], { phase: "settled", text: "AB" }],
    ["an edit, seen once", [content("A"), content("A"), content("B")], { phase: "changing", text: "A" }],
    ["an edit", [content("A"), content("A"), content("B"), content("B")], { phase: "settled", text: "B" }],
    ["never there", [gone, gone], { phase: "settled", refused: "ENOENT" }],
    ["gone", [content("A"), content("A"), gone, gone], { phase: "settled", text: "A", refused: "ENOENT" }],
    [
      "gone for a moment",
      [content("A"), content("A"), gone, content("A"), content("A")],
      { phase: "settled", text: "A" },
    ],
    [
      "emptied",
      [content("A"), content("A"), content(""), content("")],
      { phase: "settled", text: "A", refused: "empty" },
    ],
    [
      "back after a mistake",
      [content(""), content(""), content("B"), content("B")],
      { phase: "settled", text: "B" },
    ],
  ])("%s", (_name, reads, expected) => {
    expect(summary(look(...reads))).toEqual({ text: undefined, refused: undefined, ...expected });
  });
});

it("keeps the same version when only white space around it changes", () => {
  const before = look(content("A"), content("A"));
  const after = [content("A\n"), content("A\n")].reduce(
    (file, read) => lookAtPrompt(file, "standard", read),
    before,
  );
  expect(after.inForce).toBe(before.inForce);
});

it("does not judge again what it has judged", () => {
  const settled = look(gone, gone);
  expect(lookAtPrompt(settled, "standard", gone)).toBe(settled);
});
