/** Most connections of a bare proxy to its upstream: more than any JSON cell has requests at a time. */
export const UPSTREAM_CONNECTIONS = 1024;
