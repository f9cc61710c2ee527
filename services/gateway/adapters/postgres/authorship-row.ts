import type { Authorship } from "../../ports/authorship";

/** Who made and changed a row, as the driver returns it. */
export interface AuthorshipRow {
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly created_by: string;
  readonly updated_by: string;
}

/** Database row → who made and changed it. */
export function toAuthorship(row: AuthorshipRow): Authorship {
  return {
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by,
    updatedBy: row.updated_by,
  };
}
