/** Has gateways give back what they hold of budgets and do not use; by themselves they do so after a minute. */
export const RECALL_LEASES = `
  SELECT pg_notify('lease_recalls', json_build_array('budget', account, period)::text) FROM budgets WHERE leased_nano_usd <> 0`;
