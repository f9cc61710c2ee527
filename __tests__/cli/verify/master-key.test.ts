import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readMasterKey } from "../../../cli/verify/master-key";
import { temporaryFolder } from "../../support/temporary-folder";

const folder = temporaryFolder();
const home = join(folder, "home");
mkdirSync(home);
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
file(
  "home/secrets.tfvars.json",
  JSON.stringify({ gateway_master_key: "sk-of-home", gateway_database_password: "r" }),
);

it.each([
  ["a file with a line", { file: file("line", "sk-of-line\n") }, "sk-of-line"],
  ["a secret file", { file: join(home, "secrets.tfvars.json") }, "sk-of-home"],
  ["the environment", {}, "sk-of-env"],
])("comes from %s", (_what, sources, expected) => {
  const env = { LITELLM_MASTER_KEY: "sk-of-env", SLUICE_HOME: home };
  expect(readMasterKey({ ...sources, isOwnGateway: true, env })).toBe(expected);
});

it("comes from the project's own secrets, but only for its own gateway", () => {
  const env = { SLUICE_HOME: home };
  expect(readMasterKey({ isOwnGateway: true, env })).toBe("sk-of-home");
  expect(() => readMasterKey({ isOwnGateway: false, env })).toThrow(
    "there is no master key to create keys with",
  );
  expect(() => readMasterKey({ isOwnGateway: false, env })).toThrow(
    `--master-key-file ${home}/secrets.tfvars.json (deployed), ${home}/local/secrets.tfvars.json (npm start)`,
  );
});

it.each([
  ["is not there", join(folder, "missing"), "missing cannot be read (ENOENT)"],
  ["is empty", file("empty", ""), "empty holds no master key"],
  [
    "has other secrets",
    file("other", '{"gateway_database_password":"planted"}'),
    "other holds no master key",
  ],
  ["is no JSON", file("broken", '{"gateway_master_key":"planted'), "broken holds no master key"],
  ["has several lines", file("lines", "sk-planted\nsk-planted"), "lines holds no master key"],
])("is refused, without a word of it, when the file %s", (_what, path, expected) => {
  const read = () => readMasterKey({ file: path, isOwnGateway: true, env: {} });
  expect(read).toThrow(expected);
  expect(read).not.toThrow("planted");
});
