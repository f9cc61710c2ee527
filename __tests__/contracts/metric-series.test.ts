import { callApp } from "../support/services/call-app";
import { readExposition } from "../support/services/read-exposition";
import { buildTestGateway, MASTER_KEY, MODEL, type TestGateway } from "../support/services/test-gateway";

/** Series of each metric; those of a histogram count with all their lines. */
async function countSeries({ app }: TestGateway): Promise<{ counts: Record<string, number>; text: string }> {
  const text = (await callApp(app, { url: "/metrics" })).body;
  const counts = [...readExposition(text).values()].map(({ name, lines }) => [name, lines.length]);
  return { counts: Object.fromEntries(counts), text };
}

/** Requests in which a caller makes up everything that it may choose. */
async function makeUp({ app }: TestGateway, key: string, word: string): Promise<void> {
  const authorization = `Bearer ${key}`;
  const body = (model: string) => ({
    model,
    messages: [{ role: "user", content: word }],
    user: word,
    metadata: { tags: [word] },
  });
  const post = (url: string, payload: object, headers: Record<string, string>) =>
    callApp(app, { method: "POST", url, payload, headers });
  await post("/v1/chat/completions", body(word), { authorization });
  await post("/v1/messages", { ...body(word), max_tokens: 9 }, { authorization });
  await post("/v1/responses", { model: word, input: word }, { authorization, "x-litellm-end-user-id": word });
  await post(
    "/v1/chat/completions",
    { ...body(MODEL), [word]: word },
    { authorization, "x-litellm-tags": word },
  );
  await post("/v1/chat/completions", body(MODEL), { authorization: `Bearer sk-${word}-0000000000000` });
  await post(`/v1/${word}`, {}, { authorization });
  await callApp(app, { url: `/v1/models/${word}?${word}=1`, headers: { authorization } });
  await callApp(app, { url: `/key/info?key=${word}`, headers: { authorization: `Bearer ${MASTER_KEY}` } });
  await callApp(app, {
    method: "PUT",
    url: `/${word}`,
    headers: { authorization, host: word, "user-agent": word },
  });
}

test("nothing that callers make up adds a series, or is shown", async () => {
  const gateway = buildTestGateway();
  const addKey = async (word: string) => {
    await gateway.addKey(`sk-${word}-key-00000`, { keyAlias: `${word}-alias`, userId: `${word}-user` });
    return `sk-${word}-key-00000`;
  };
  await makeUp(gateway, await addKey("madeup"), "madeup");
  const { counts: before } = await countSeries(gateway);
  for (let index = 0; index < 10; index += 1)
    await makeUp(gateway, await addKey(`madeup${index}`), `madeup${index}`);
  const { counts: after, text } = await countSeries(gateway);
  await gateway.close();
  // Asking for the metrics is a request, too.
  for (const name of ["gateway_http_requests_total", "gateway_http_request_duration_seconds"])
    expect((after[name] ?? 0) - (before[name] ?? 0)).toBeLessThanOrEqual(name.endsWith("seconds") ? 13 : 1);
  expect({ ...after, gateway_http_requests_total: 0, gateway_http_request_duration_seconds: 0 }).toEqual({
    ...before,
    gateway_http_requests_total: 0,
    gateway_http_request_duration_seconds: 0,
  });
  expect(text).not.toMatch(/madeup|sk-/);
});
