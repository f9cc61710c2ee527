import type { Target } from "./target";

/** D: the fake upstream itself. What the client and the upstream cost alone. */
export function directTarget(port: number): Target {
  const target: Target = {
    name: "D",
    port,
    pid: undefined,
    restart: async () => target,
    stop: async () => {},
  };
  return target;
}
