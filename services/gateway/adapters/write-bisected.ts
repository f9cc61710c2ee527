/** How a batch is written whose rows may be at fault. */
export interface BisectedWrite<Row> {
  /** Makes rows durable, all or nothing; must be safe to repeat. */
  readonly write: (rows: readonly Row[]) => Promise<void>;
  /** Whether an error of `write` comes from a row itself, so that trying again is of no use. */
  readonly isRowFault: (error: unknown) => boolean;
  readonly onWritten: (rows: readonly Row[]) => void;
  /** A row that can never be written. */
  readonly onRowFault: (row: Row, error: unknown) => void;
}

/**
 * Writes a batch or, when a row of it is at fault, its halves, and so on down to that row: it holds up no other, and costs a
 * few writes more instead of one for each row.
 * @throws what `write` throws when no row is at fault; what was written before that stays written
 */
export async function writeBisected<Row>(rows: readonly Row[], how: BisectedWrite<Row>): Promise<void> {
  try {
    await how.write(rows);
  } catch (error) {
    if (!how.isRowFault(error)) throw error;
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) {
      how.onRowFault(only, error);
      return;
    }
    const middle = Math.ceil(rows.length / 2);
    await writeBisected(rows.slice(0, middle), how);
    await writeBisected(rows.slice(middle), how);
    return;
  }
  how.onWritten(rows);
}
