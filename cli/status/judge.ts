import type { GatewayAnswer } from "./ask-services";
import type { GatewayStatus, ModelStatus, Problem } from "./platform-status";

const GATEWAY_LOGS = "npm run sluice -- logs gateway";

/** @param answer `undefined` when its container does not run, which is a problem of its own */
export function gatewayProblems(answer: GatewayAnswer | undefined): Problem[] {
  if (answer === undefined) return [];
  const { gateway, fault } = answer;
  const faults =
    fault === undefined ? [] : [{ what: `the gateway cannot be asked: ${fault}`, remedy: GATEWAY_LOGS }];
  if (gateway === null || gateway.status === "connected") return faults;
  return [
    ...faults,
    {
      what: `the gateway is ${readinessInWords(gateway)}`,
      remedy: `docs/operations.md, "When something is wrong"; ${GATEWAY_LOGS}`,
    },
  ];
}

/** What readiness means to those who send requests. */
export function readinessInWords({ status, budgets, audit, database }: GatewayStatus): string {
  if (status === "connected") return "ready";
  if (status === "degraded") {
    const losses = [
      ...(database === "connected" ? [] : ["Postgres is unavailable"]),
      ...(budgets === "available" ? [] : ["requests that need a budget or limit get 503"]),
      ...(audit === "database" ? [] : ["audit rows wait in the journal"]),
    ];
    return `degraded: ${losses.join(", ")}`;
  }
  const words: Readonly<Record<string, string>> = {
    overloaded: "overloaded: it takes on no more requests at present",
    unhealthy: "not ready: no audit row can be made durable",
    starting: "not ready: it waits for Postgres, or brings the schema up to date",
    shutting_down: "not ready: it is about to end",
  };
  return words[status] ?? status;
}

/** @param answer `undefined` when its container does not run; a text when it cannot be asked */
export function keyProvisionerProblems(
  answer: { readonly ready: boolean; readonly missing?: readonly string[] } | string | undefined,
): Problem[] {
  const remedy = "npm run sluice -- logs key-provisioner";
  if (answer === undefined) return [];
  if (typeof answer === "string") return [{ what: `the key-provisioner cannot be asked: ${answer}`, remedy }];
  const { ready, missing = [] } = answer;
  if (ready) return [];
  const what = `the key-provisioner is not ready: it lacks ${missing.join(", ") || "the gateway"}`;
  // Only the bootstrap hands it over.
  return [{ what, remedy: missing.includes("coder token") ? "npm run sluice -- coder bootstrap" : remedy }];
}

/** Models of which no deployment can be asked. */
export function modelProblems(models: readonly ModelStatus[]): Problem[] {
  return models
    .filter(({ usable }) => !usable)
    .map(({ name, reasons }) => ({
      what: `the model ${name} cannot be used: ${reasons.join("; ")}`,
      remedy: reasons.some((reason) => reason.includes("is not set"))
        ? "export the variable that is missing, npm run deploy"
        : `the provider's state and access; ${GATEWAY_LOGS}`,
    }));
}

/** Deployments that are not asked, of models that another one answers for. */
export function modelNotices(models: readonly ModelStatus[]): string[] {
  return models
    .filter(({ usable }) => usable)
    .flatMap(({ reasons }) => reasons.map((reason) => `not asked: ${reason}`));
}
