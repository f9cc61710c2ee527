/** The openai package with its own retries, meeting an error. */
import OpenAI from "openai";

const { GATEWAY_URL, API_KEY, MODEL } = process.env;
let tries = 0;
const client = new OpenAI({
  apiKey: API_KEY,
  baseURL: `${GATEWAY_URL}/v1`,
  fetch: (...args) => {
    tries += 1;
    return fetch(...args);
  },
});
const ask = {
  chat: () => client.chat.completions.create({ model: MODEL, messages: [{ role: "user", content: "Hi" }] }),
  responses: () => client.responses.create({ model: MODEL, input: "Hi", stream: true }),
};
const report = {};
for (const [name, send] of Object.entries(ask)) {
  tries = 0;
  const error = await send().then(
    () => undefined,
    (reason) => reason,
  );
  report[name] = { class: error?.constructor.name, status: error?.status, message: error?.message, tries };
}
console.log(JSON.stringify(report));
