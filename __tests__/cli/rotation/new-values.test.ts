import { newValues } from "../../../cli/rotation/new-values";

const generated = (name: string) => ({ name, variable: name, description: "", source: "generated" as const });
const credential = {
  name: "ANTHROPIC_API_KEY",
  variable: "anthropic_api_key",
  description: "",
  source: "environment" as const,
};
const stored = { gateway_master_key: "sk-former", anthropic_api_key: "former" };
const props = { stored, graceSeconds: 0, platform: "none" };

it("are made as the first ones were", async () => {
  const { gateway_database_password: password } = await newValues({
    ...props,
    secret: generated("gateway_database_password"),
  });
  expect(password).toMatch(/^[A-Za-z0-9_-]{43}$/);
  const key = await newValues({ ...props, secret: generated("gateway_master_key") });
  expect(key).toEqual({
    gateway_master_key: expect.stringMatching(/^sk-[A-Za-z0-9_-]{43}$/),
    gateway_master_key_previous: "",
    gateway_master_key_previous_valid_until: "",
  });
});

it("of a provider come from the environment, and must be new", async () => {
  const take = (value?: string) =>
    newValues({ ...props, secret: credential, env: { ANTHROPIC_API_KEY: value } });
  expect(await take("new")).toEqual({ anthropic_api_key: "new" });
  await expect(take()).rejects.toThrow("ANTHROPIC_API_KEY is not in the environment");
  await expect(take("former")).rejects.toThrow("is the value that is stored already");
});
