import { newValue } from "../../../cli/rotation/new-value";

const generated = (name: string) => ({ name, variable: name, description: "", source: "generated" as const });
const credential = {
  name: "ANTHROPIC_API_KEY",
  variable: "anthropic_api_key",
  description: "",
  source: "environment" as const,
};
const stored = { gateway_master_key: "sk-former", anthropic_api_key: "former" };

it("is made as the first one was", () => {
  expect(newValue({ stored, secret: generated("gateway_database_password") })).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(newValue({ stored, secret: generated("gateway_master_key") })).toMatch(/^sk-[A-Za-z0-9_-]{43}$/);
});

it("of a provider comes from the environment, and must be new", () => {
  const take = (value?: string) =>
    newValue({ stored, secret: credential, env: { ANTHROPIC_API_KEY: value } });
  expect(take("new")).toBe("new");
  expect(() => take()).toThrow("ANTHROPIC_API_KEY is not in the environment");
  expect(() => take("former")).toThrow("is the value that is stored already");
});
