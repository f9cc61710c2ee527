import type { FastifyPluginAsync } from "fastify";

/** Names from `config.yaml`, as they stand there. */
export interface CallbackNames {
  readonly success: readonly string[];
  readonly failure: readonly string[];
  readonly both: readonly string[];
}

/** The name under which checks of a deployment look for the enforcement of working rules, which is built in. */
export const ENFORCEMENT = "enforcement_hook.proxy_handler_instance";

/** `GET /get/config/callbacks`. Variables stay empty: they would hold credentials. */
export const configCallbacks: FastifyPluginAsync<{ callbacks: () => CallbackNames }> = async (
  app,
  options,
) => {
  const entry = (type: string) => (name: string) => ({ name, variables: {}, type });
  const callbacks = () => {
    const { success, failure, both } = options.callbacks();
    return [
      ...success.map(entry("success")),
      ...failure.map(entry("failure")),
      ...[...new Set([...both, ENFORCEMENT])].map(entry("success_and_failure")),
    ];
  };

  app.get("/get/config/callbacks", async () => ({
    status: "success",
    callbacks: callbacks(),
    alerts: [],
    router_settings: {},
    available_callbacks: {},
  }));
};
