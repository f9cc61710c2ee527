import { existsSync } from "node:fs";
import { pendingRotation, rotationFile } from "../../../cli/rotation/pending-rotation";
import { type RotateProps, rotateSecret } from "../../../cli/rotation/rotate-secret";
import { readSecrets, writeSecrets } from "../../../cli/secrets/secret-store";
import { InterruptedError } from "../../../cli/terminal/interrupted-error";
import { UserError } from "../../../cli/terminal/user-error";
import { temporaryFolder } from "../../support/temporary-folder";

const secret = (name: string) => ({ name, variable: name, description: "", source: "generated" as const });
const END = "2099-01-01T00:00:00Z";

let home: string;
let checks: unknown[];

const rotate = (props: Partial<RotateProps> = {}) =>
  rotateSecret({
    home,
    secret: secret("gateway_database_password"),
    graceSeconds: 0,
    platform: "test",
    deploy: async () => true,
    changed: () => true,
    makeValues: async ({ secret: { variable } }) => ({ [variable]: "new" }),
    check: async (expected) => {
      checks.push(expected);
      return true;
    },
    ...props,
  });
const fail = () => Promise.reject<boolean>(new UserError("it did not work", "mend it"));

beforeEach(() => {
  home = temporaryFolder();
  checks = [];
  writeSecrets(home, { gateway_database_password: "former", gateway_master_key: "sk-former" });
});

it("deploys the new value, looks whether it is in force, and forgets the former one", async () => {
  const deployed: unknown[] = [];
  const rotation = await rotate({
    deploy: async () => {
      deployed.push(
        readSecrets(home)["gateway_database_password"],
        pendingRotation(home)?.former["gateway_database_password"],
      );
      return true;
    },
  });
  expect(deployed).toEqual(["new", "former"]);
  expect(rotation).toEqual({ result: "rotated", isChecked: true, formerValidUntil: undefined });
  expect(checks).toEqual([
    {
      platform: "test",
      variable: "gateway_database_password",
      value: "new",
      former: "former",
      hasGrace: false,
    },
  ]);
  expect(readSecrets(home)["gateway_database_password"]).toBe("new");
  expect(existsSync(rotationFile(home))).toBe(false);
});

it.each<[string, Partial<RotateProps>]>([
  ["the user says no", { deploy: async () => false }],
  ["it fails before anything was changed", { deploy: fail, changed: () => false }],
])("leaves the secret file as it was when %s", async (_when, props) => {
  await rotate(props).catch(() => {});
  expect(readSecrets(home)["gateway_database_password"]).toBe("former");
  expect(existsSync(rotationFile(home))).toBe(false);
  expect(checks).toEqual([]);
});

it("after a failure that changed something both values are there, and the same command goes on", async () => {
  await expect(rotate({ deploy: fail })).rejects.toThrow(
    /it did not work\n {2}→ mend it\n {2}→ the new gateway_database_password is in the secret file.*rotate gateway_database_password$/,
  );
  expect(readSecrets(home)["gateway_database_password"]).toBe("new");
  expect(pendingRotation(home)?.former).toEqual({ gateway_database_password: "former" });
  await expect(rotate({ secret: secret("gateway_master_key") })).rejects.toThrow(
    /the rotation of gateway_database_password, begun at .* has not ended/,
  );
  await rotate({ makeValues: async () => ({ gateway_database_password: "another" }) });
  expect(readSecrets(home)["gateway_database_password"]).toBe("new");
  expect(checks).toMatchObject([{ value: "new", former: "former" }]);
});

it("an interruption keeps its exit code", async () => {
  const interrupt = () => Promise.reject<boolean>(new InterruptedError("SIGTERM", "half of it is done"));
  const error = await rotate({ deploy: interrupt }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(InterruptedError);
  expect(error).toMatchObject({ exitCode: 143, problem: "interrupted by SIGTERM: half of it is done" });
});

it("a value that is not taken is no success", async () => {
  await expect(rotate({ check: fail as never })).rejects.toThrow(/go on with the same value/);
  expect(pendingRotation(home)?.former).toEqual({ gateway_database_password: "former" });
});

it("the former master key stays beside the new one for its grace", async () => {
  const values = {
    gateway_master_key: "sk-new",
    gateway_master_key_previous: "sk-former",
    gateway_master_key_previous_valid_until: END,
  };
  const rotation = await rotate({ secret: secret("gateway_master_key"), makeValues: async () => values });
  expect(rotation.formerValidUntil).toBe(END);
  expect(checks).toMatchObject([{ value: "sk-new", former: "sk-former", hasGrace: true }]);
  expect(readSecrets(home)).toMatchObject(values);
});
