import type { RouteOptions } from "fastify";
import * as wireApis from "../../../../services/gateway/generation/wire-api";
import { buildTestGateway } from "../../../support/services/test-gateway";

/** Routes of the pipeline, and that of counting, which uses the same parts of it. */
const EXPECTED = Object.values(wireApis)
  .flatMap(({ paths }) => paths)
  .concat(wireApis.messages.paths.map((path) => `${path}/count_tokens`))
  .sort();

test("every route that can reach a provider is audited, limited, bounded and has a dialect for its errors", async () => {
  const { app, close } = buildTestGateway();
  const routes: RouteOptions[] = [];
  app.addHook("onRoute", (route) => void routes.push(route));
  await app.ready();
  const reaching = routes.filter(({ config }) => config?.modelAccess !== undefined);
  expect(reaching.map(({ url }) => url).sort()).toEqual(EXPECTED);
  for (const { method, url, config } of reaching) {
    const modelAccess = url.endsWith("/count_tokens") ? "count" : "generate";
    expect({ method, ...config, toError: typeof config?.toError }).toMatchObject({
      method: "POST",
      isAudited: true,
      modelAccess,
      toError: "function",
    });
  }
  // What says nothing of itself does not reach a provider, and no route of models says nothing.
  const others = routes.filter(({ config }) => config?.modelAccess === undefined).map(({ url }) => url);
  expect(others.filter((url) => /completions|messages|responses/.test(url))).toEqual([]);
  await close();
});
