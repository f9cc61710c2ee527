import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { writeJsonArray } from "../../../../services/gateway/routes/write-json-array";

async function* parts(...all: (readonly number[] | Error)[]) {
  for (const part of all) {
    if (part instanceof Error) throw part;
    yield part;
  }
}
const write = async (...all: Parameters<typeof parts>) =>
  text(Readable.from(await writeJsonArray(parts(...all), (part) => part)));

test.each([
  [[], "[]"],
  [[[]], "[]"],
  [[[1], [], [2, 3]], "[1,2,3]"],
])("parts %j are one array", async (all, json) => {
  await expect(write(...all)).resolves.toBe(json);
});

test("what fails at once is no answer, what fails later breaks it off", async () => {
  const failure = new Error("away");
  await expect(writeJsonArray(parts(failure), (part) => part)).rejects.toBe(failure);
  await expect(write([1], failure)).rejects.toBe(failure);
});

test("nothing more is read once the reader has left", async () => {
  let ended = false;
  async function* endless() {
    try {
      for (;;) yield [1];
    } finally {
      ended = true;
    }
  }
  for await (const _ of await writeJsonArray(endless(), (part) => part)) break;
  expect(ended).toBe(true);
});
