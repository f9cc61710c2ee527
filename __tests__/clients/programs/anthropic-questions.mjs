/** The @anthropic-ai/sdk package: what it asks without wanting an answer of a model. */
import Anthropic from "@anthropic-ai/sdk";

const { GATEWAY_URL, API_KEY, MODEL } = process.env;
const client = new Anthropic({ apiKey: API_KEY, authToken: null, baseURL: GATEWAY_URL, maxRetries: 0 });
const models = [];
for await (const { id, type } of client.models.list()) models.push(`${type} ${id}`);
const model = (await client.models.retrieve(MODEL)).id;
const messages = [{ role: "user", content: "Say hello" }];
const counted = (await client.messages.countTokens({ model: MODEL, messages })).input_tokens;
console.log(JSON.stringify({ models, model, counted }));
