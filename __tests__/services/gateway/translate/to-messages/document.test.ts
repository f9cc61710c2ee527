import { toDocument } from "../../../../../services/gateway/translate/to-messages/document";
import { SONNET_4_5 } from "../../../../support/services/translate-chat";

const PDF = "JVBERi0xLjQK";
const pdf = { type: "base64", media_type: "application/pdf", data: PDF };
const textSource = (data: string) => ({ type: "text", media_type: "text/plain", data });
const base64 = (text: string) => Buffer.from(text).toString("base64");

test.each([
  ["a PDF", `data:application/pdf;base64,${PDF}`, "a.pdf", { type: "document", source: pdf, title: "a.pdf" }],
  ["a PDF without a URL or name", PDF, undefined, { type: "document", source: pdf }],
  ["a long name", PDF, "n".repeat(300), { type: "document", source: pdf, title: "n".repeat(200) }],
  ["a blank name", PDF, " ", { type: "document", source: pdf }],
  [
    "text",
    `data:text/markdown;base64,${base64("# é")}`,
    "a.md",
    { type: "document", source: textSource("# é"), title: "a.md" },
  ],
  ["text, percent-encoded", "data:,a%20b", undefined, { type: "document", source: textSource("a b") }],
  [
    "JSON",
    `data:application/json;base64,${base64("{}")}`,
    undefined,
    { type: "document", source: textSource("{}") },
  ],
  [
    "an image",
    "data:image/png;base64,iVBORw0KGgo",
    "a.png",
    { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo" } },
  ],
])("%s", (_name, data, filename, expected) => {
  expect(toDocument(data, filename, "p", SONNET_4_5)).toEqual(expected);
});

test.each([
  ["another kind", "data:application/zip;base64,UEsDBA"],
  ["bytes of no kind", "UEsDBA"],
  ["text without text", "data:text/plain;base64,"],
  ["text that is badly encoded", "data:text/plain,%zz"],
])("%s is refused", (_name, data) => {
  expect(() => toDocument(data, "x", "p", SONNET_4_5)).toThrow(
    expect.objectContaining({ name: "TranslationError", param: "p" }),
  );
});
