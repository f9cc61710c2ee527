/** Management bodies are small, in bytes. */
const BODY_LIMIT = 256 * 1024;

/** Options of a route that changes something: it ends in an audit row. */
export const CHANGE = { config: { isAudited: true }, bodyLimit: BODY_LIMIT } as const;

/** A body that only names something is smaller still, in bytes. */
const NAME_LIMIT = 8 * 1024;

/** Options of a route that only reads, and takes a body although it is asked by GET. */
export const READ_BY_GET = { bodyLimit: NAME_LIMIT } as const;

/** Options of a route that only reads, with a body. */
export const READ = { bodyLimit: BODY_LIMIT } as const;
