import { buildTestGateway, MASTER_KEY, type TestGateway } from "../../../support/services/test-gateway";
import { closeRaw, sendRaw } from "../../../support/working-rules/raw-request";

let gateway: TestGateway;
let url: string;
beforeAll(async () => {
  gateway = buildTestGateway();
  url = await gateway.listen();
});
afterAll(async () => {
  closeRaw();
  await gateway.close();
});

const post = (path: string, headers: Record<string, string> = {}) =>
  sendRaw(url, {
    method: "POST",
    path,
    headers: { authorization: `Bearer ${MASTER_KEY}`, ...headers },
    body: "{}",
  });

it.each(["/v1/%zz", "/v1%c0%afmessages", "/%"])("POST %s is an error in OpenAI's words", async (path) => {
  const { status, body, headers } = await post(path);
  expect([status, JSON.parse(body)]).toEqual([
    400,
    {
      error: {
        message: "The path of the request cannot be read.",
        type: "invalid_request_error",
        param: null,
        code: expect.any(String),
      },
    },
  ]);
  expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
});

it("is one in Anthropic's words for its clients", async () => {
  const { status, body } = await post("/v1/%zz", { "anthropic-version": "2023-06-01" });
  expect([status, JSON.parse(body)]).toMatchObject([
    400,
    { type: "error", error: { type: "invalid_request_error" } },
  ]);
});
