import { existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { SegmentWriter } from "../../../../../services/gateway/adapters/journal/segment-writer";
import { temporaryFolder } from "../../../../support/temporary-folder";

const newPath = () => join(temporaryFolder(), "a.journal");

test("adds to a file that only its owner may read", async () => {
  const path = newPath();
  const writer = await SegmentWriter.create(path);
  await expect(writer.append("a\n")).resolves.toBe(true);
  await expect(writer.append("ü\n")).resolves.toBe(true);
  expect([readFileSync(path, "utf8"), writer.bytes, statSync(path).mode & 0o777]).toEqual([
    "a\nü\n",
    5,
    0o600,
  ]);
  await writer.close();
});

test("takes no file that is there already", async () => {
  const path = newPath();
  await (await SegmentWriter.create(path)).close();
  await expect(SegmentWriter.create(path)).rejects.toMatchObject({ code: "EEXIST" });
});

test("notices that another process has claimed the file", async () => {
  const path = newPath();
  const writer = await SegmentWriter.create(path);
  await writer.append("a\n");
  renameSync(path, `${path}.claimed`);
  await expect(writer.append("b\n")).resolves.toBe(false);
  await writer.close();
});

test("abandoning leaves what was durable, and no empty file", async () => {
  const [kept, gone] = [newPath(), newPath()];
  const writer = await SegmentWriter.create(kept);
  await writer.append("a\n");
  await writer.file.appendFile("half a li");
  await writer.abandon();
  expect(readFileSync(kept, "utf8")).toBe("a\n");
  const empty = await SegmentWriter.create(gone);
  await empty.file.appendFile("half a li");
  await empty.abandon();
  expect(existsSync(gone)).toBe(false);
});
