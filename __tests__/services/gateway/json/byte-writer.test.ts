import { ByteWriter } from "../../../../services/gateway/json/byte-writer";

test("grows, gives what was written and is empty again", () => {
  const writer = new ByteWriter();
  for (let round = 0; round < 2; round++) {
    let expected = "";
    for (const length of [0, 1, 47, 48, 1000, 70_000, 200_000]) {
      writer.string(`${"x".repeat(length)}é\n`);
      writer.string("x".repeat(length));
      writer.raw("y".repeat(length));
      writer.byte(0x2c);
      expected += `"${"x".repeat(length)}\xc3\xa9\\n""${"x".repeat(length)}"${"y".repeat(length)},`;
    }
    expect(round === 0 ? writer.take() : writer.takeBytes().toString("latin1")).toBe(expected);
  }
  expect(writer.take()).toBe("");
});

test("gives bytes that later writing does not change", () => {
  const writer = new ByteWriter();
  writer.raw("abc");
  const bytes = writer.takeBytes();
  writer.raw("xyz");
  expect(bytes.toString()).toBe("abc");
});

test.each([
  ["more than was expected", 100_000, 300_000],
  ["less than half of it", 300_000, 100_000],
  ["about as much", 200_000, 190_000],
])("a large body: %s", (_name, expectedBytes, length) => {
  const writer = new ByteWriter();
  writer.begin(expectedBytes);
  writer.raw("x".repeat(length));
  const bytes = writer.takeBytes();
  writer.begin(expectedBytes);
  writer.raw("y".repeat(length));
  expect(bytes.toString()).toBe("x".repeat(length));
});

test("forgets what was written", () => {
  const writer = new ByteWriter();
  writer.raw("x".repeat(5_000_000));
  writer.begin();
  writer.raw("abc");
  expect(writer.take()).toBe("abc");
});
