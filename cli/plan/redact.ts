import { HOST_FACTS } from "../../constructs/host-fact";
import type { ChangeSummary } from "./change-summary";
import { attributes, type PlanJson, type PlannedChange } from "./plan-json";

/** Shorter values cannot be told from ordinary text. */
const MIN_CHARACTERS = 8;

/**
 * A last guard behind what is told by names only: takes the values of sensitive variables, of files below `secrets/`, and all
 * that the plan marks as sensitive, out of every text of a summary.
 */
export function redactor(plan: PlanJson): (summary: ChangeSummary) => ChangeSummary {
  const sensitive = plan.configuration?.root_module?.variables ?? {};
  const variables = Object.entries(plan.variables ?? {})
    .filter(([name]) => sensitive[name]?.sensitive !== false || !(name in sensitive))
    // A plan leaves the mark out where it is false; of all but these that could be a version which knows none.
    .filter(([name]) => !(name in HOST_FACTS))
    .map(([, { value }]) => value);
  const files = [...(plan.resource_changes ?? []), ...(plan.resource_drift ?? [])].flatMap(({ change }) =>
    [change.before, change.after].flatMap((values) => {
      const { upload } = attributes(values);
      return (
        (Array.isArray(upload) ? upload : [])
          .map(attributes)
          .filter(({ file }) => /(?:^|\/)secrets\/[^/]+$/.test(String(file)))
          // The file ends with a line break, the secret does not.
          .map(({ content }) => (typeof content === "string" ? content.trim() : content))
      );
    }),
  );
  const marked = (plan.resource_changes ?? []).flatMap(({ change }) => markedTexts(change));
  const secrets = [...new Set([...variables, ...files, ...marked])].filter(
    // A reference of a synthesized stack, `${var.gateway_master_key}`, is no value.
    (value): value is string =>
      typeof value === "string" && value.length >= MIN_CHARACTERS && !value.startsWith("${"),
  );
  const clean = (text: string) => secrets.reduce((left, secret) => left.replaceAll(secret, "(secret)"), text);
  return ({ changes, risks }) => ({
    changes: changes.map(({ data, ...change }) => ({
      ...change,
      service: clean(change.service),
      details: change.details.map((detail) => ({ ...detail, text: clean(detail.text) })),
      effect: clean(change.effect),
      ...(data === undefined ? {} : { data: clean(data) }),
    })),
    risks: risks.map(({ service, text, remedy }) => ({
      service: clean(service),
      text: clean(text),
      remedy: clean(remedy),
    })),
  });
}

/** Texts below a mark. A marked set is marked as a whole; its lines are whole texts, which no words quote by accident. */
function markedTexts({ before, after, before_sensitive, after_sensitive }: PlannedChange): string[] {
  return [...textsBelow(before, before_sensitive), ...textsBelow(after, after_sensitive)];
}

function textsBelow(value: unknown, mask: unknown): string[] {
  if (mask === true && typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || mask === false || mask === undefined || mask === null)
    return [];
  // Where a file lies is no secret, also in a set that is marked as a whole.
  return Object.entries(value).flatMap(([member, inner]) =>
    member === "file" ? [] : textsBelow(inner, mask === true ? true : attributesOrItems(mask)[member]),
  );
}

function attributesOrItems(mask: unknown): Record<string, unknown> {
  return typeof mask === "object" && mask !== null ? (mask as Record<string, unknown>) : {};
}
