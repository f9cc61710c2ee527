import { readCursor, writeCursor } from "../../../../../services/gateway/admin/spend/queries";

const place = {
  startedAt: new Date("2026-03-09T10:00:00.123Z"),
  requestId: "0b5a1c1e-4a35-4d3c-9d0c-3f1f2d8a9b10",
};

test("a cursor is read as it was written, and fits into a URL", () => {
  expect(writeCursor(place)).toMatch(/^[\w-]{1,100}$/);
  expect(readCursor(writeCursor(place))).toEqual(place);
});

test.each(["", "x", "bm90aGluZw", Buffer.from("1 2").toString("base64url"), `${writeCursor(place)}AA`])(
  "%j is no cursor",
  (text) => expect(readCursor(text)).toBeUndefined(),
);
