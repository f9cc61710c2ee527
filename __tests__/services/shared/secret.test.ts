import { inspect } from "node:util";
import { Secret } from "../../../services/shared/secret";

test("shows itself only by expose()", () => {
  const secret = new Secret("hunter2");
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ secret }, { depth: 9, showHidden: true }),
  ];
  for (const text of shown) expect(text).not.toContain("hunter2");
  expect(secret.expose()).toBe("hunter2");
});
