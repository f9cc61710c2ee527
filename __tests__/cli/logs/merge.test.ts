import type { LogLine } from "../../../cli/logs/log-line";
import { mergeByTime } from "../../../cli/logs/merge";

async function* source(service: string, ...times: string[]): AsyncGenerator<LogLine> {
  for (const time of times) yield { service, time, text: `${service}${time}` };
}

it("merges sources by time, empty ones as well, and keeps each in order", async () => {
  const merged: string[] = [];
  for await (const { text } of mergeByTime([
    source("a", "1", "4", "4"),
    source("b"),
    source("c", "2", "3", "5"),
  ]))
    merged.push(text);
  expect(merged).toEqual(["a1", "c2", "c3", "a4", "a4", "c5"]);
});
