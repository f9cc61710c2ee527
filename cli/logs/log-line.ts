/** One line of a container's log. */
export interface LogLine {
  readonly service: string;
  /** As the engine gives it: UTC with nine digits, so that texts compare as times do. */
  readonly time: string;
  readonly text: string;
}

const STAMPED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) ?(.*)$/s;

/** @returns `undefined` for what `docker logs --timestamps` says itself, such as an error */
export function parseLogLine(service: string, line: string): LogLine | undefined {
  const [, time, text] = STAMPED.exec(line) ?? [];
  return time === undefined || text === undefined ? undefined : { service, time, text };
}
