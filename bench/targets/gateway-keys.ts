import type { BenchDatabase } from "../processes/database";
import { MODEL } from "./gateway-config";
import type { ManagementApi } from "./management-api";

/** Keys that send requests; the others are only there. */
const USED = 256;

/** Every key has every limit, each far from being reached. */
const LIMITS = {
  models: [MODEL],
  max_budget: 1_000_000,
  budget_duration: "30d",
  rpm_limit: 1_000_000_000,
  tpm_limit: 1_000_000_000_000,
  max_parallel_requests: 10_000,
};

/**
 * Fills the gateway with keys. One is made through the API, the rest are copies of its row: whatever columns the
 * schema has, they hold what the gateway itself would write.
 * @returns the keys that requests use, spread over all
 */
export async function loadKeys(
  api: ManagementApi,
  database: BenchDatabase,
  count: number,
): Promise<string[]> {
  const template = await api.generateKey(LIMITS);
  await database.query(
    `INSERT INTO virtual_keys
     SELECT copy.* FROM virtual_keys template
       CROSS JOIN generate_series(1, $2::int) AS n
       CROSS JOIN LATERAL jsonb_populate_record(template, jsonb_build_object(
         'key_id', gen_random_uuid(),
         'token_hash', encode(sha256(convert_to('sk-bench-key-' || lpad(n::text, 8, '0'), 'UTF8')), 'hex'),
         'key_alias', 'bench-' || n,
         'user_id', 'user-' || n % 2000,
         'version', nextval('virtual_keys_version'))) AS copy
      WHERE template.token_hash = encode(sha256(convert_to($1, 'UTF8')), 'hex')`,
    [template, count],
  );
  await database.query("ANALYZE virtual_keys");
  await database.query("NOTIFY virtual_keys");
  const keys = Array.from({ length: USED }, (_, index) => benchKey(Math.floor(((index + 1) * count) / USED)));
  for (const key of keys) await api.untilKnown(key);
  return keys;
}

function benchKey(number: number): string {
  return `sk-bench-key-${String(number).padStart(8, "0")}`;
}
