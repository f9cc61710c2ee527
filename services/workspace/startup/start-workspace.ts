import { rm } from "node:fs/promises";
import type { AssistantSettings } from "../assistants/assistant";
import { ASSISTANTS, isChosen } from "../assistants/assistants";
import { readIfPresent, writeAtomically } from "../container/atomic-file";
import { bundleCertificates, certificateVariables } from "../container/certificates";
import type { WorkspaceConfig } from "../container/config";
import { environmentFile, instructionsFile, keyFile, type Places, problemsFile } from "../container/places";
import { editorEnvironment, startSupervisor, waitForEditor } from "../editor/code-server";
import { writeEditorSettings } from "../editor/settings";
import { instructionsFor } from "./instructions";
import { describeProblems, type Phase, type Problem, runPhases } from "./phases";
import { applyDotfiles, cloneRepository } from "./repository";
import { shellEnvironment } from "./shell-environment";
import type { StartLog } from "./start-log";
import { RETRIES, type RetryPolicy, requestKey } from "./workspace-key";

/**
 * Stands where no key could be had. Not empty: Roo Code would ask for an account, OpenCode would not start. The gateway refuses it, and
 * says so.
 */
export const PLACEHOLDER_KEY = "no-key-was-issued";

const EDITOR_LIMIT_MS = 60_000;
const AGAIN =
  "run workspace-start in a terminal, then reload the IDE's page; if it stays, tell whoever runs the platform";

/** What a start works with. */
export interface StartProps {
  /** Undefined when it cannot be used; `problems` says so then, and the IDE is started all the same. */
  readonly config: WorkspaceConfig | undefined;
  /** What is wrong already. @default - nothing */
  readonly problems?: readonly Problem[];
  readonly places: Places;
  readonly env: NodeJS.ProcessEnv;
  readonly log: StartLog;
  /** Program that keeps code-server running, with its arguments. */
  readonly supervisor: readonly string[];
  /** Where code-server says that it is well. @default - its own */
  readonly editorUrl?: string;
  /** @default RETRIES */
  readonly retries?: RetryPolicy;
}

/**
 * Sets the workspace up. The IDE comes first; the key, the repository and the dotfiles come at the same time and none waits for another.
 * Everything may be done again at each start, with the same outcome.
 * @returns what went wrong, also said in every new terminal
 */
export async function startWorkspace(props: StartProps): Promise<Problem[]> {
  const { config, places, log } = props;
  // An earlier start's problems must not stand beside this one's outcome.
  await rm(problemsFile(places), { force: true });
  const trust = await runPhases([certificates(props)], log);
  const outcomes = await Promise.all([
    runPhases([editor(props)], log),
    ...(config === undefined
      ? []
      : [
          runPhases(assistantPhases({ ...props, config }), log),
          runPhases(personalPhases({ ...props, config }), log),
        ]),
  ]);
  const problems = [...(props.problems ?? []), ...trust, ...outcomes.flat()];
  if (problems.length > 0) {
    // On a full disk the log has to do.
    await writeAtomically(problemsFile(places), describeProblems(problems)).catch((error: Error) =>
      log("start-up", `terminals are not told: ${error.message}`),
    );
  }
  log(
    "start-up",
    problems.length === 0
      ? "done, everything is ready"
      : `done, with problems:\n${describeProblems(problems).trimEnd()}`,
  );
  return problems;
}

function certificates({ places }: StartProps): Phase {
  return {
    name: "certificates",
    isEssential: true,
    remedy: "tell whoever runs the platform: its certificate authority does not reach the workspace",
    run: async () => {
      const hasOwn = await bundleCertificates(places);
      await writeAtomically(environmentFile(places), shellEnvironment(places, undefined));
      return hasOwn
        ? "the platform's certificate authority is trusted besides the system's"
        : "the system's certificate authorities are trusted";
    },
  };
}

function editor({ places, env, supervisor, editorUrl }: StartProps): Phase {
  return {
    name: "editor",
    isEssential: true,
    remedy: "restart the workspace; the log says why code-server does not start",
    run: async () => {
      // Without them, as on a full disk, the IDE is of use all the same: to make room.
      const [settings] = await Promise.allSettled([writeEditorSettings(places)]);
      startSupervisor(supervisor, env, places);
      await waitForEditor(places, EDITOR_LIMIT_MS, editorUrl);
      if (settings.status === "rejected")
        throw new Error(`code-server is ready, but its settings could not be written: ${settings.reason}`);
      return "code-server is ready";
    },
  };
}

type Configured = StartProps & { readonly config: WorkspaceConfig };

/** The key, then the configuration of each assistant; with a placeholder where there is no key. */
function assistantPhases(props: Configured): Phase[] {
  const { config, places } = props;
  const chosen = ASSISTANTS.filter((assistant) => isChosen(assistant, config.assistant));
  let key = PLACEHOLDER_KEY;
  let { level } = config;
  const keyPhase: Phase = {
    name: "key",
    isEssential: true,
    remedy: AGAIN,
    run: async (say) => {
      const before = await readIfPresent(keyFile(places));
      // One of an earlier start is most likely the same: a restart of the key-provisioner must not cut off a workspace that has it.
      if (before) key = before;
      if (config.typedKey !== undefined) {
        key = config.typedKey;
        return "the typed one is used";
      }
      const issued = await requestKey(config, say, props.retries ?? RETRIES);
      key = issued.key;
      level = issued.level ?? level;
      const budget = issued.budget === undefined ? "" : `, ${issued.budget}`;
      const asked = level === config.level ? "" : ` (asked for: ${config.level})`;
      return `${issued.reused ? "the same as before" : "issued"}, level ${level}${asked}${budget}`;
    },
  };
  const files: Phase = {
    name: "environment",
    isEssential: true,
    remedy: AGAIN,
    run: async () => {
      if (chosen.length === 0) {
        await rm(keyFile(places), { force: true });
        await rm(instructionsFile(places), { force: true });
        return "";
      }
      await writeAtomically(keyFile(places), key, { mode: 0o600, folderMode: 0o700 });
      await writeAtomically(instructionsFile(places), instructionsFor(level));
      const gateway = { url: config.gatewayUrl, model: config.model };
      await writeAtomically(environmentFile(places), shellEnvironment(places, gateway));
      return "";
    },
  };
  return [
    ...(chosen.length === 0 ? [] : [keyPhase]),
    files,
    ...ASSISTANTS.map((assistant): Phase => {
      const isWanted = chosen.includes(assistant);
      return {
        name: assistant.name,
        isEssential: true,
        remedy: AGAIN,
        run: async () => {
          if (!isWanted) {
            await assistant.remove(places);
            return "";
          }
          const { gatewayUrl, model, models } = config;
          const settings: AssistantSettings = {
            ...{ places, gatewayUrl, key, model, models, level },
            instructions: instructionsFor(level),
          };
          await assistant.configure(settings);
          return `configured with ${model}`;
        },
      };
    }),
  ];
}

/** What the user asked for besides. The workspace is usable without it. */
function personalPhases({ config, places, env }: Configured): Phase[] {
  const { repository, dotfiles } = config;
  const environment = () => {
    const { CODER_AGENT_TOKEN: _, ...rest } = editorEnvironment(env, places);
    return { ...rest, ...certificateVariables(places) };
  };
  return [
    ...(repository === undefined
      ? []
      : [
          {
            name: "repository",
            isEssential: false,
            remedy: "check the address and your access to it, then run workspace-start, or clone it yourself",
            run: (say: (line: string) => void) =>
              cloneRepository(repository, places, { env: editorEnvironment(env, places), say }),
          },
        ]),
    ...(dotfiles === undefined
      ? []
      : [
          {
            name: "dotfiles",
            isEssential: false,
            remedy: "correct the repository of your dotfiles, then run workspace-start",
            run: (say: (line: string) => void) =>
              applyDotfiles(dotfiles, places, { env: environment(), say }),
          },
        ]),
  ];
}
