/** Whom a run is for. */
export interface Caller {
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Those of the same priority take turns at a busy model; absent = one of no name. */
  readonly client?: string | undefined;
  /** Higher goes first; absent = 0. */
  readonly priority?: number | undefined;
}
