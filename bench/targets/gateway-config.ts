import { stringify } from "yaml";

/** The name that clients use. */
export const MODEL = "bench-model";
/** What the provider charges a token, in nano-USD: 3 and 15 USD a million. */
export const INPUT_NANO_USD = 3000;
export const OUTPUT_NANO_USD = 15_000;

/** The gateway's `config.yaml`: one model, at the fake upstream. */
export function gatewayConfig(upstreamUrl: string): string {
  return stringify({
    model_list: [
      {
        model_name: MODEL,
        litellm_params: {
          model: "anthropic/claude-sonnet-4-5-20250929",
          api_key: "os.environ/ANTHROPIC_API_KEY",
          api_base: upstreamUrl,
        },
        model_info: {
          input_cost_per_token: INPUT_NANO_USD / 1e9,
          output_cost_per_token: OUTPUT_NANO_USD / 1e9,
        },
      },
    ],
  });
}
