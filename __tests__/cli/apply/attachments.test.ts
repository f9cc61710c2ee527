import { type Attachment, checkAttachments } from "../../../cli/apply/attachments";

const attachment = (isReplaced: boolean): Attachment => ({
  network: "team-workspaces",
  isReplaced,
  container: "dev",
  containerId: "1",
  isRunning: false,
  aliases: [],
  address: undefined,
});

it.each([
  [
    "is replaced",
    attachment(true),
    undefined,
    "they are disconnected while it is replaced, and are connected again",
  ],
  [
    "a destroy removes",
    attachment(false),
    "deploy again",
    "they are disconnected, and the next deploy connects them again",
  ],
  ["is no longer declared", attachment(false), undefined, "they are disconnected"],
] as const)("says what --detach means for a network that %s", (_what, one, removed, expected) => {
  const [finding] = checkAttachments("team", [one], removed);
  expect(finding?.path).toBe("networks.workspaces");
  expect(finding?.problem).toMatch(/on it: dev \(stopped\)$/);
  expect(finding?.remedy.endsWith(`--detach: ${expected}`)).toBe(true);
});
