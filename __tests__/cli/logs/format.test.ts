import { formatLogLine } from "../../../cli/logs/format";

const TIME = "2026-03-10T09:00:00.123456789Z";
const JSON_LINE =
  '{"level":40,"time":1,"pid":1,"hostname":"h","name":"gateway","status":503,"why":"no room","msg":"refused"}';
const line = (text: string, service = "gateway") => ({ service, time: TIME, text });
const services = ["gateway", "redis"];

describe("a line", () => {
  it("stays as it is in a pipe, with its service in front of several", () => {
    expect(formatLogLine(line(JSON_LINE), { form: "plain", services: ["gateway"] })).toBe(JSON_LINE);
    expect(formatLogLine(line("up", "redis"), { form: "plain", services })).toBe("redis   | up");
  });

  it("is JSON for scripts, whoever wrote it", () => {
    expect(formatLogLine(line(JSON_LINE), { form: "json", services })).toBe(JSON_LINE);
    expect(JSON.parse(formatLogLine(line("up", "redis"), { form: "json", services }))).toEqual({
      name: "redis",
      time: Date.parse("2026-03-10T09:00:00.123Z"),
      msg: "up",
    });
  });

  it("is time, level, message and fields at a terminal", () => {
    expect(formatLogLine(line(JSON_LINE), { form: "readable", services: ["gateway"] })).toBe(
      '09:00:00.123 WARN  refused status=503 why="no room"',
    );
  });

  it("cannot command the terminal", () => {
    const shown = formatLogLine(line("\x1b]0;owned\x07\ttab"), { form: "readable", services: ["redis"] });
    expect(shown).toBe("\\u001b]0;owned\\u0007\ttab");
    const inField = formatLogLine(line('{"level":30,"msg":"\\u001b[2J","path":"/\\u009b"}'), {
      form: "readable",
      services: ["gateway"],
    });
    expect(inField).toBe("09:00:00.123 INFO  \\u001b[2J path=/\\u009b");
  });
});
