/** Management bodies are small, in bytes. */
const BODY_LIMIT = 256 * 1024;

/** Options of a route that changes something: it ends in an audit row. */
export const CHANGE = { config: { isAudited: true }, bodyLimit: BODY_LIMIT } as const;

/** Options of a route that only reads, with a body. */
export const READ = { bodyLimit: BODY_LIMIT } as const;
