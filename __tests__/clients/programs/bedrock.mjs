/** The package @aws-sdk/client-bedrock-runtime over HTTP/1.1: a stream of frames, an exception, a wrong secret. */
import { BedrockRuntimeClient, InvokeModelWithResponseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const { ENDPOINT, REGION, ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, MODEL_ID, BODY } = process.env;

/** @returns events, and the name and text of what ended them early */
async function invoke(secretAccessKey) {
  const client = new BedrockRuntimeClient({
    endpoint: ENDPOINT,
    region: REGION,
    credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey, sessionToken: SESSION_TOKEN },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  const events = [];
  try {
    const { body } = await client.send(
      new InvokeModelWithResponseStreamCommand({
        modelId: MODEL_ID,
        contentType: "application/json",
        accept: "application/json",
        body: BODY,
      }),
    );
    for await (const { chunk } of body) events.push(JSON.parse(new TextDecoder().decode(chunk.bytes)));
    return { events };
  } catch (error) {
    return { events, error: error.name, message: error.message };
  }
}

console.log(
  JSON.stringify({ right: await invoke(SECRET_ACCESS_KEY), wrong: await invoke("another-secret") }),
);
