/** The client that a run is for. */
export interface Caller {
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  /** Name of the client. Clients with the same priority take turns at a busy model; absent = the unnamed client. */
  readonly client?: string | undefined;
  /** Higher priorities are served first; absent = 0. */
  readonly priority?: number | undefined;
  /** By which log lines name the request; absent = none. */
  readonly requestId?: string | undefined;
}
