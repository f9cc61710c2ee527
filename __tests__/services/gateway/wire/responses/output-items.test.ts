import {
  EventWriter,
  FunctionCallItem,
  MessageItem,
  openEvent,
} from "../../../../../services/gateway/wire/responses/output-items";

const PLACE = { id: "x_1_0", outputIndex: 0 };

/** Events as a client reads them. */
function read(events: string): Record<string, unknown>[] {
  return events
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const [name, data] = event.split("\n") as [string, string];
      const value = JSON.parse(data.replace("data: ", "")) as Record<string, unknown>;
      expect(name).toBe(`event: ${value["type"]}`);
      return value;
    });
}

const typesOf = (events: string) => read(events).map(({ type }) => type);

test("events are numbered without a gap, with the preamble before the first", () => {
  const writer = new EventWriter([`${openEvent("first")}"a":1`]);
  const events = read(writer.write("second", '"b":2') + writer.write("third", '"c":3'));
  expect(events).toEqual([
    { type: "first", a: 1, sequence_number: 0 },
    { type: "second", b: 2, sequence_number: 1 },
    { type: "third", c: 3, sequence_number: 2 },
  ]);
});

test("a message is announced, grows and ends with all of its text", () => {
  const item = new MessageItem(new EventWriter(), PLACE, "output_text");
  expect(typesOf(item.open())).toEqual(["response.output_item.added", "response.content_part.added"]);
  expect(read(item.push(String.raw`a\n`))).toMatchObject([{ delta: "a\n", logprobs: [] }]);
  item.push("b");
  expect(read(item.close("completed"))).toMatchObject([
    { type: "response.output_text.done", text: "a\nb" },
    { type: "response.content_part.done" },
    { type: "response.output_item.done", item: { status: "completed" } },
  ]);
  expect(JSON.parse(item.toJson())).toMatchObject({ role: "assistant", content: [{ text: "a\nb" }] });
});

test("a refusal has parts and events of its own", () => {
  const item = new MessageItem(new EventWriter(), PLACE, "refusal");
  item.push("No.");
  expect(read(item.close("completed"))[0]).toMatchObject({ type: "response.refusal.done", refusal: "No." });
});

describe("a call of a function", () => {
  const make = () =>
    new FunctionCallItem(new EventWriter(), PLACE, 'c"1', { kind: "function", name: "f", namespace: "n" });

  it("names the tool as the client does, and has its arguments as text", () => {
    const item = make();
    item.push(String.raw`{\"a\":1}`);
    item.close("completed");
    expect(JSON.parse(item.toJson())).toEqual({
      type: "function_call",
      id: "x_1_0",
      call_id: 'c"1',
      name: "f",
      namespace: "n",
      arguments: '{"a":1}',
      status: "completed",
    });
  });

  it("without arguments has an empty object, unless it was cut off", () => {
    const whole = make();
    expect(typesOf(whole.close("completed"))[0]).toBe("response.function_call_arguments.delta");
    expect(JSON.parse(whole.toJson())).toMatchObject({ arguments: "{}" });
    const cut = make();
    cut.close("incomplete");
    expect(JSON.parse(cut.toJson())).toMatchObject({ arguments: "", status: "incomplete" });
  });
});
