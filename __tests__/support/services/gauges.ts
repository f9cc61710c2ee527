import { eventually } from "./eventually";

/** What requests hold while they run; all of it is 0 when none does but the one that asks. */
const HELD = [
  "gateway_answers_in_flight",
  "gateway_answer_places_in_use",
  "gateway_body_bytes_in_flight",
  "gateway_bodies_underway",
  "gateway_limit_places_in_use",
] as const;

/** The values of `/metrics` that have no labels, by name. @param url of a gateway */
export async function readGauges(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Map(
    [...text.matchAll(/^(\w+) (\S+)$/gm)].map(([, name = "", value]) => [name, Number(value)] as const),
  );
}

/** Resolves when nothing is held any more. */
export async function expectNothingHeld(url: string): Promise<void> {
  const nothing = { ...Object.fromEntries(HELD.map((name) => [name, 0])), gateway_requests_open: 1 };
  const held = async () => {
    const gauges = await readGauges(url);
    return Object.fromEntries(Object.keys(nothing).map((name) => [name, gauges.get(name)]));
  };
  await eventually(async () => JSON.stringify(await held()) === JSON.stringify(nothing)).catch(() => {});
  expect(await held()).toEqual(nothing);
}
