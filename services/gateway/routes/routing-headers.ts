import type { Deployment } from "../routing/deployment";

/** LiteLLM's headers about who answered. @param attempts deployments asked, this one included */
export function routingHeaders({ id, modelName }: Deployment, attempts: number): Record<string, string> {
  return {
    // Names are free text of the configuration; a header is not.
    "x-litellm-model-id": encodeURI(id),
    "x-litellm-model-group": encodeURI(modelName),
    "x-litellm-attempted-retries": String(attempts - 1),
  };
}
