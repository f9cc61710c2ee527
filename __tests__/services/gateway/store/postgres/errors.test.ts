import {
  isConflict,
  isDataFault,
  isRefused,
  isUnavailable,
  isWriteFault,
} from "../../../../../services/gateway/store/postgres/errors";

const withCode = (code: string) => Object.assign(new Error("x"), { code });

test.each([
  ["a lost connection", new Error("Connection terminated unexpectedly"), true],
  ["refused", withCode("ECONNREFUSED"), true],
  ["a name of five letters that is no SQLSTATE", withCode("EPIPE"), true],
  ["both addresses refused", new AggregateError([], "x"), true],
  ["connection failure", withCode("08006"), true],
  ["password changed", withCode("28P01"), true],
  ["database gone", withCode("3D000"), true],
  ["disk full", withCode("53100"), true],
  ["shut down", withCode("57P01"), true],
  ["starting", withCode("57P03"), true],
  ["read only", withCode("25006"), true],
  ["deadlock", withCode("40P01"), false],
  ["no such table", withCode("42P01"), false],
  ["a bad value", withCode("22P02"), false],
  ["no such owner", withCode("23503"), false],
  ["a mistake in the code", new TypeError("x"), false],
  ["no time", new RangeError("Invalid time value"), false],
  ["no error at all", "away", false],
])("%s: Postgres is unavailable: %p", (_what, error, expected) => {
  expect(isUnavailable(error)).toBe(expected);
});

test.each([
  ["22P02", true],
  ["23505", true],
  ["21000", true],
  ["54000", true],
  ["42P01", false],
  ["57P01", false],
  ["EPIPE", false],
])("%s is a fault of the values for sure: %p", (code, expected) => {
  expect(isDataFault(withCode(code))).toBe(expected);
});

/** What is done about each: wait for the server, try at once, or give the row up. */
test.each([
  ["57P01", "wait"],
  ["53100", "wait"],
  ["EPIPE", "wait"],
  ["40003", "wait"],
  ["25P03", "wait"],
  ["40001", "again"],
  ["40P01", "again"],
  ["55P03", "again"],
  ["26000", "again"],
  ["22021", "isolate"],
  ["23514", "isolate"],
  ["42P01", "isolate"],
  ["54001", "isolate"],
  ["P0001", "isolate"],
  ["XX000", "isolate"],
  ["0A000", "isolate"],
])("%s: %s", (code, expected) => {
  const error = withCode(code);
  const all = [
    isUnavailable(error) ? ["wait"] : [],
    isConflict(error) ? ["again"] : [],
    isWriteFault(error) ? ["isolate"] : [],
  ];
  expect(all.flat()).toEqual([expected]);
});

test("a plan invalidated by a schema change is retried; a mistake in the code is the row's fault", () => {
  const plan = Object.assign(new Error("cached plan must not change result type"), { code: "0A000" });
  expect([isConflict(plan), isWriteFault(plan)]).toEqual([true, false]);
  expect(isWriteFault(new RangeError("Invalid time value"))).toBe(true);
});

test.each<[string, boolean]>([
  ["22003", true],
  ["23505", true],
  ["40001", true],
  ["40P01", true],
  ["42P01", true],
  ["53100", true],
  ["57014", true],
  ["08006", false],
  ["40003", false],
  ["57P01", false],
  ["58030", false],
  ["XX001", false],
  ["EPIPE", false],
  ["ECONNRESET", false],
])("Postgres refused with %s, so nothing was done: %p", (code, expected) => {
  expect(isRefused(Object.assign(new Error("x"), { code }))).toBe(expected);
});

test("an error without a state leaves open whether anything was done", () => {
  expect([isRefused(new Error("Query read timeout")), isRefused("x"), isRefused(undefined)]).toEqual([
    false,
    false,
    false,
  ]);
});
