import type { WorkspaceConfig } from "../container/config";
import type { Places } from "../container/places";

/** What the configuration of an assistant is made of. */
export interface AssistantSettings {
  readonly places: Places;
  /** Base URL of the gateway, without `/v1`. */
  readonly gatewayUrl: string;
  /** The workspace's key, or a placeholder that the gateway refuses with a text of its own. Never empty. */
  readonly key: string;
  /** Name at the gateway. */
  readonly model: string;
  readonly models: WorkspaceConfig["models"];
  /** Level that the gateway enforces. */
  readonly level: string;
  /** Text for the assistant; empty for none. */
  readonly instructions: string;
}

/** An AI client that the start-up program sets up. */
export interface Assistant {
  /** Shown in the log. */
  readonly name: string;
  /** Values of `ai_assistant`, besides `all`, that ask for it. */
  readonly choices: readonly WorkspaceConfig["assistant"][];
  /** Writes its configuration, the same for the same settings. */
  configure(settings: AssistantSettings): Promise<void>;
  /** Removes what an earlier start wrote and what holds the key; the user's own settings stay. */
  remove(places: Places): Promise<void>;
}
