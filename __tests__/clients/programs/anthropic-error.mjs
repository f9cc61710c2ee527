/** The @anthropic-ai/sdk package with its own retries, meeting an error. */
import Anthropic from "@anthropic-ai/sdk";

const { GATEWAY_URL, API_KEY, MODEL } = process.env;
let tries = 0;
const client = new Anthropic({
  apiKey: null,
  authToken: API_KEY,
  baseURL: GATEWAY_URL,
  fetch: (...args) => {
    tries += 1;
    return fetch(...args);
  },
});
const error = await client.messages
  .create({ model: MODEL, max_tokens: 100, messages: [{ role: "user", content: "Hi" }] })
  .then(
    () => undefined,
    (reason) => reason,
  );
console.log(
  JSON.stringify({
    class: error?.constructor.name,
    status: error?.status,
    type: error?.error?.error?.type,
    message: error?.message,
    tries,
  }),
);
