import { execFileSync } from "node:child_process";
import { shellEnvironment } from "../../../../services/workspace/startup/shell-environment";
import { testPlaces } from "../../../support/workspace/places";

it("the variables of shells come out as they went in, whatever is in them", () => {
  const text = shellEnvironment(testPlaces(), { url: "http://g:4000", model: "it's $(id) `x`" });
  const out = execFileSync("sh", ["-c", `${text}\nprintf '%s|%s' "$AI_MODEL" "$OPENAI_BASE_URL"`], {
    encoding: "utf8",
  });
  expect(out).toBe("it's $(id) `x`|http://g:4000/v1");
});

it("without an assistant there are none of the gateway", () => {
  expect(shellEnvironment(testPlaces(), undefined)).toBe("");
});
