/** What the user needs to know once everything runs. */
export interface StartScreen {
  readonly gatewayUrl: string;
  readonly provisionerUrl: string;
  /** Names of the real providers in use; empty: answers are simulated. */
  readonly providers: readonly string[];
  /** Variables that would make it real. */
  readonly credentials: readonly string[];
  readonly demoKey: string;
  readonly model: string;
  readonly dataFolder: string;
  readonly logs: string;
}

/** A request to paste into a shell. */
export function curlLine({ gatewayUrl, demoKey, model }: StartScreen): string {
  const body = JSON.stringify({
    model,
    max_tokens: 64,
    messages: [{ role: "user", content: "Say hello" }],
  });
  return `curl -s ${gatewayUrl}/v1/chat/completions -H "Authorization: Bearer ${demoKey}" -H "Content-Type: application/json" -d '${body}'`;
}

/** The screen that `sluice start` ends with. */
export function renderStartScreen(screen: StartScreen): string {
  const provider =
    screen.providers.length > 0
      ? `REAL: ${screen.providers.join(", ")} (the demo key may spend 1 USD a day)`
      : `SIMULATED: answers are canned, no model is called; export ${screen.credentials.join(" and ")} to use the real one`;
  return `
Sluice runs.

  gateway          ${screen.gatewayUrl}
  key-provisioner  ${screen.provisionerUrl}
  provider         ${provider}
  demo key         ${screen.demoKey}
  data             ${screen.dataFolder}
  logs             ${screen.logs}

Try it:

${curlLine(screen)}

Ctrl-C stops, data is kept.
`;
}
