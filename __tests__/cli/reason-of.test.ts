import { reasonOf } from "../../cli/reason-of";

it("says why a connection failed, else what the error says", async () => {
  const refused = await fetch("http://127.0.0.1:1/").catch((error: unknown) => error);
  expect(reasonOf(refused)).toMatch(/^ECONNREFUSED$|bad port/);
  expect(reasonOf(new Error("fetch failed", { cause: new Error("other side closed") }))).toBe(
    "other side closed",
  );
  expect(reasonOf(new Error("the operation was aborted"))).toBe("the operation was aborted");
});
