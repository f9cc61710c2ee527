import type { ChangeSummary } from "./change-summary";
import { attributes, type PlanJson } from "./plan-json";

/** Shorter values cannot be told from ordinary text. */
const MIN_CHARACTERS = 8;

/**
 * A last guard behind the masks of the plan: takes the values of sensitive variables, and of files below `secrets/`, out of
 * every text of a summary.
 */
export function redactor(plan: PlanJson): (summary: ChangeSummary) => ChangeSummary {
  const sensitive = plan.configuration?.root_module?.variables ?? {};
  const variables = Object.entries(plan.variables ?? {})
    .filter(([name]) => sensitive[name]?.sensitive !== false || !(name in sensitive))
    .map(([, { value }]) => value);
  const files = [...(plan.resource_changes ?? []), ...(plan.resource_drift ?? [])].flatMap(({ change }) =>
    [change.before, change.after].flatMap((values) => {
      const { upload } = attributes(values);
      return (Array.isArray(upload) ? upload : [])
        .map(attributes)
        .filter(({ file }) => /(?:^|\/)secrets\/[^/]+$/.test(String(file)))
        .map(({ content }) => content);
    }),
  );
  const secrets = [...new Set([...variables, ...files])].filter(
    // A reference of a synthesized stack, `${var.redis_password}`, is no value.
    (value): value is string =>
      typeof value === "string" && value.length >= MIN_CHARACTERS && !value.startsWith("${"),
  );
  const clean = (text: string) => secrets.reduce((left, secret) => left.replaceAll(secret, "(secret)"), text);
  return ({ changes, risks }) => ({
    changes: changes.map((change) => ({
      ...change,
      details: change.details.map((detail) => ({ ...detail, text: clean(detail.text) })),
    })),
    risks: risks.map((risk) => ({ ...risk, text: clean(risk.text), remedy: clean(risk.remedy) })),
  });
}
