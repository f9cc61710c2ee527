import { existsSync } from "node:fs";
import { beginRotation, pendingRotation, rotationFile } from "../../../cli/rotation/pending-rotation";
import { type RotateProps, rotateSecret } from "../../../cli/rotation/rotate-secret";
import { readSecrets, writeSecrets } from "../../../cli/secrets/secret-store";
import { InterruptedError } from "../../../cli/terminal/interrupted-error";
import { UserError } from "../../../cli/terminal/user-error";
import { temporaryFolder } from "../../support/temporary-folder";

const secret = (name: string) => ({ name, variable: name, description: "", source: "generated" as const });
/** By a clock that stands still. */
const endAfter = (seconds: number) => `in ${seconds} s`;

let home: string;
let checks: unknown[];

const rotate = (props: Partial<RotateProps> = {}) =>
  rotateSecret({
    home,
    secret: secret("gateway_database_password"),
    graceSeconds: undefined,
    platform: "test",
    deploy: async () => true,
    changed: () => true,
    makeValue: () => "new",
    grace: async (former, seconds) =>
      seconds === 0
        ? { gateway_master_key_previous: "", gateway_master_key_previous_valid_until: "" }
        : { gateway_master_key_previous: former, gateway_master_key_previous_valid_until: endAfter(seconds) },
    check: async ({ onWait: _onWait, ...expected }) => {
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
  expect(rotation).toEqual({
    result: "rotated",
    isResumed: false,
    isChecked: true,
    formerValidUntil: undefined,
  });
  expect(checks).toEqual([
    {
      platform: "test",
      variable: "gateway_database_password",
      value: "new",
      former: "former",
      formerValidUntil: undefined,
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

it("after a failed change both values are kept, and the same command resumes", async () => {
  await expect(rotate({ deploy: fail })).rejects.toThrow(
    /it did not work\n {2}→ mend it\n {2}→ the new gateway_database_password is in the secret file.*rotate gateway_database_password$/,
  );
  expect(readSecrets(home)["gateway_database_password"]).toBe("new");
  expect(pendingRotation(home)?.former).toEqual({ gateway_database_password: "former" });
  await expect(rotate({ secret: secret("gateway_master_key") })).rejects.toThrow(
    /the rotation of gateway_database_password, begun at .* has not ended/,
  );
  await rotate({ makeValue: () => "another" });
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

describe("the master key", () => {
  const masterKey = secret("gateway_master_key");
  const stored = () => readSecrets(home);

  it("has its former value beside it for a grace, of a day unless something else is said", async () => {
    const rotation = await rotate({ secret: masterKey });
    expect(rotation.formerValidUntil).toBe(endAfter(86_400));
    expect(checks).toMatchObject([{ value: "new", former: "sk-former", formerValidUntil: endAfter(86_400) }]);
    expect(stored()).toMatchObject({
      gateway_master_key: "new",
      gateway_master_key_previous: "sk-former",
      gateway_master_key_previous_valid_until: endAfter(86_400),
    });
  });

  it.each([
    ["counted anew", 3600, endAfter(3600)],
    ["that is not named again, as first asked for", undefined, endAfter(30)],
    ["that is taken back", 0, undefined],
  ])("gone on with, has a grace %s", async (_what, graceSeconds, end) => {
    await rotate({ secret: masterKey, graceSeconds: 30, deploy: fail }).catch(() => {});
    const shown: unknown[] = [];
    const rotation = await rotate({
      secret: masterKey,
      graceSeconds,
      makeValue: () => "another",
      deploy: async (begun) => {
        shown.push(
          begun.isResumed,
          begun.formerValidUntil,
          stored()["gateway_master_key_previous_valid_until"],
        );
        return true;
      },
    });
    expect(shown).toEqual([true, end, end]);
    expect(rotation.formerValidUntil).toBe(end);
    expect(checks).toEqual([
      {
        platform: "test",
        variable: "gateway_master_key",
        value: "new",
        former: "sk-former",
        formerValidUntil: end,
      },
    ]);
    expect(stored()["gateway_master_key_previous"]).toBe(end === undefined ? undefined : "sk-former");
  });

  it("interrupted twice, keeps the grace that was named last", async () => {
    await rotate({ secret: masterKey, graceSeconds: 30, deploy: fail }).catch(() => {});
    await rotate({ secret: masterKey, graceSeconds: 600, deploy: fail }).catch(() => {});
    expect((await rotate({ secret: masterKey })).formerValidUntil).toBe(endAfter(600));
  });
});

it.each<[string, Partial<RotateProps>]>([
  ["a no", { deploy: async () => false }],
  ["a refusal", { deploy: fail, changed: () => false }],
])("%s to go on does not give up the value that may be in force somewhere", async (_what, props) => {
  await rotate({ secret: secret("gateway_master_key"), graceSeconds: 30, deploy: fail }).catch(() => {});
  const before = readSecrets(home);
  await rotate({ secret: secret("gateway_master_key"), graceSeconds: 60, ...props }).catch(() => {});
  expect(readSecrets(home)).toEqual(before);
  expect(pendingRotation(home)?.former["gateway_master_key"]).toBe("sk-former");
});

it("killed before it stored a value, generates one instead of reusing the former one", async () => {
  const pending = beginRotation(
    home,
    { secret: "gateway_database_password" },
    { gateway_database_password: "lost" },
  );
  writeSecrets(home, { ...readSecrets(home), ...pending.former });
  await rotate();
  expect(readSecrets(home)["gateway_database_password"]).toBe("new");
  expect(checks).toMatchObject([{ value: "new", former: "former" }]);
});

it("interrupted while it looks, says what is so", async () => {
  const waiting: RotateProps["check"] = async ({ onWait }) => {
    process.emit("SIGTERM", "SIGTERM");
    onWait();
    return true;
  };
  const error = await rotate({ check: waiting }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    exitCode: 143,
    message: expect.stringMatching(
      /is deployed; whether it is taken.*is not known\n.*go on with the same value/,
    ),
  });
  expect(pendingRotation(home)?.secret).toBe("gateway_database_password");
});

it("keeps the former encryption key beside the new one until the next rotation", async () => {
  const rotateKey = () => rotate({ secret: secret("key_encryption_key") });
  writeSecrets(home, { key_encryption_key: "sk-first" });
  await rotateKey();
  expect(readSecrets(home)).toEqual({ key_encryption_key: "new", key_encryption_key_previous: "sk-first" });
  await rotateKey();
  expect(readSecrets(home)).toMatchObject({ key_encryption_key_previous: "new" });
});
