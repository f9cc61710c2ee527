import { certificateVariables } from "../container/certificates";
import type { Places } from "../container/places";

/**
 * Variables of login shells, in shell syntax. The key is none of them: `/etc/profile.d/sluice.sh` reads it from its file, so that it is
 * in one place only.
 * @param gateway undefined where no assistant is wanted
 */
export function shellEnvironment(
  places: Places,
  gateway: { readonly url: string; readonly model: string } | undefined,
): string {
  const variables = {
    ...(gateway && {
      AI_GATEWAY_URL: gateway.url,
      AI_MODEL: gateway.model,
      // Older clients read the first name, current ones the second.
      OPENAI_API_BASE: `${gateway.url}/v1`,
      OPENAI_BASE_URL: `${gateway.url}/v1`,
      ANTHROPIC_BASE_URL: gateway.url,
    }),
    ...certificateVariables(places),
  };
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join("");
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
