import { RawText } from "../../../../../services/gateway/json/json-value";
import { toDocument, toImage } from "../../../../../services/gateway/wire/shared/media";
import { SONNET_4_5, targetOf } from "../../../../support/services/translate-chat";

describe("document", () => {
  const PDF = "JVBERi0xLjQK";
  const pdf = { type: "base64", media_type: "application/pdf", data: PDF };
  const textSource = (data: string) => ({ type: "text", media_type: "text/plain", data });
  const base64 = (text: string) => Buffer.from(text).toString("base64");

  test.each([
    [
      "a PDF",
      `data:application/pdf;base64,${PDF}`,
      "a.pdf",
      { type: "document", source: pdf, title: "a.pdf" },
    ],
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
});

describe("image", () => {
  const PNG = "iVBORw0KGgoAAAANSUhEUg";
  const base64 = (media_type: string, data: unknown) => ({
    type: "image",
    source: { type: "base64", media_type, data },
  });

  test.each([
    ["png", `data:image/png;base64,${PNG}`, "image/png", PNG],
    ["the wrong type", `data:image/jpeg;base64,${PNG}`, "image/png", PNG],
    ["no type", `data:;base64,${PNG}`, "image/png", PNG],
    ["image/jpg", "data:image/jpg;base64,AAAA", "image/jpeg", "AAAA"],
    ["parameters and capitals", `DATA:IMAGE/PNG;charset=x;BASE64,${PNG}`, "image/png", PNG],
    ["jpeg", "data:image/png;base64,/9j/4AAQ", "image/jpeg", "/9j/4AAQ"],
    ["gif", "data:image/png;base64,R0lGODlh", "image/gif", "R0lGODlh"],
    ["webp", "data:image/png;base64,UklGRiQAAABXRUJQVlA4", "image/webp", "UklGRiQAAABXRUJQVlA4"],
  ])("%s", (_name, url, mediaType, data) => {
    expect(toImage(url, "p", SONNET_4_5)).toEqual(base64(mediaType, data));
  });

  test("a long one is not decoded", () => {
    const data = PNG + "A".repeat(1000);
    expect(toImage(RawText.of(`data:image/png;base64,${data}`), "p", SONNET_4_5)).toEqual(
      base64("image/png", RawText.of(data)),
    );
  });

  test("a long one with escapes", () => {
    const escaped = RawText.of(`data:image\\/png;base64,\\/9j\\/${"A".repeat(1000)}`);
    expect(toImage(escaped, "p", SONNET_4_5)).toEqual(base64("image/jpeg", `/9j/${"A".repeat(1000)}`));
    const inData = RawText.of(`data:x/png;base64,\\/9j\\/${"A".repeat(1000)}`);
    expect(toImage(inData, "p", SONNET_4_5)).toEqual(
      base64("image/jpeg", RawText.of(`\\/9j\\/${"A".repeat(1000)}`)),
    );
  });

  test("an address is passed on to Anthropic", () => {
    const url = "https://example.org/a.png";
    expect(toImage(url, "p", SONNET_4_5)).toEqual({ type: "image", source: { type: "url", url } });
  });

  test.each([
    [
      "an address for InvokeModel",
      "https://example.org/a.png",
      targetOf("x", "bedrock-invoke"),
      "Bedrock fetches no images",
    ],
    [
      "an address for Bedrock's Messages",
      "https://example.org/a.png",
      targetOf("x", "bedrock-messages"),
      "Bedrock fetches no images",
    ],
    ["http", "http://example.org/a.png", SONNET_4_5, "begin with https://"],
    ["a file", "file:///etc/passwd", SONNET_4_5, "begin with https://"],
    ["nothing", "", SONNET_4_5, "begin with https://"],
    ["no base64", "data:image/svg+xml,<svg/>", SONNET_4_5, "must be base64"],
    ["another kind", "data:image/svg+xml;base64,PHN2Zz4", SONNET_4_5, 'not "image/svg+xml"'],
    ["no data", "data:image/png;base64,", SONNET_4_5, "holds no image"],
    [
      "over 5 MB for Bedrock",
      `data:image/png;base64,${PNG.padEnd(5_242_881, "A")}`,
      targetOf("x", "bedrock-invoke"),
      "5242881 bytes in base64; at most 5242880",
    ],
  ])("%s is refused", (_name, url, target, message) => {
    expect(() => toImage(url, "p", target)).toThrow(
      expect.objectContaining({
        name: "TranslationError",
        param: "p",
        message: expect.stringContaining(message),
      }),
    );
  });

  test("5 MB and a byte are fine for Anthropic", () => {
    expect(toImage(`data:image/png;base64,${PNG.padEnd(5_242_881, "A")}`, "p", SONNET_4_5).type).toBe(
      "image",
    );
  });
});
