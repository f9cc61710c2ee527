import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "../plugins/auth";
import type { Deployment } from "../routing/deployment";

/** What is known of a request before anything is done for it. */
export interface DraftOrigin {
  readonly requestId: string;
  readonly route: string;
  readonly caller: Caller;
  readonly headers: IncomingHttpHeaders;
}

/** What a request turns out to be, and to have used, while it runs. */
export interface RequestFacts {
  modelRequested: string | null;
  modelUsed: string | null;
  /** The last that was asked. */
  deployment: Deployment | undefined;
  /** Deployments that were asked. */
  attempts: number;
  isStream: boolean;
  endUser: string | null;
  sessionId: string | null;
  enforcementLevel: string | null;
  promptHash: string | null;
  ttftMs: number | null;
  errorType: string | null;
  /** What a management call was about, and the names of the fields that it set, parted by commas. */
  change: { readonly target: string; readonly fields: string } | undefined;
}

/** Nothing is known yet. */
export const NO_FACTS: Readonly<RequestFacts> = {
  modelRequested: null,
  modelUsed: null,
  deployment: undefined,
  attempts: 0,
  isStream: false,
  endUser: null,
  sessionId: null,
  enforcementLevel: null,
  promptHash: null,
  ttftMs: null,
  errorType: null,
  change: undefined,
};
