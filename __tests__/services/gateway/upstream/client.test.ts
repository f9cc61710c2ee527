import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UpstreamClient } from "../../../../services/gateway/upstream/client";
import { PROJECT, sourceFiles } from "../../../support/source-files";

test.each([
  ["bytes", Buffer.from("{}")],
  ["text", "{}"],
  ["an object that looks sealed", { bytes: Buffer.from("{}"), promptId: null }],
  ["nothing", undefined],
])("%s that nobody has sealed are never sent", async (_name, body) => {
  const client = new UpstreamClient();
  const request = { url: new URL("http://127.0.0.1:9/v1/messages"), headers: {}, body: body as never };
  expect(() => client.send(request, {})).toThrow("a body that is not sealed is never sent");
  await client.close();
});

const sources = sourceFiles("services/gateway").map((file) => ({
  file,
  text: readFileSync(join(PROJECT, file), "utf8"),
}));

test("only messages and counts of tokens are sent to providers", () => {
  const senders = sources.filter(({ text }) => /client\.send\(/.test(text)).map(({ file }) => file);
  expect(senders.sort()).toEqual([
    "services/gateway/upstream/count-tokens.ts",
    "services/gateway/upstream/open-to-content.ts",
  ]);
});

test("nothing else opens a connection", () => {
  const openers = sources.filter(({ text }) =>
    /\b(?:fetch|dispatch)\(|https?\.request\(|new Pool\(/.test(text),
  );
  expect(openers.map(({ file }) => file).filter((file) => !file.includes("/adapters/postgres/"))).toEqual([
    "services/gateway/upstream/client.ts",
  ]);
});
