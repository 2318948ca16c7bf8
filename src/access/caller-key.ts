import type { Scope } from '../api/scopes.ts';

/** How much one key may ask for; absent = no limit. */
export interface KeyLimits {
  readonly requestsPerMinute?: number | undefined;
  readonly requestsPerDay?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  readonly tokensPerDay?: number | undefined;
  /** Runs that proceed at the same time; further ones wait. */
  readonly concurrent?: number | undefined;
}

/** The API key of a request, without anything secret. */
export interface CallerKey {
  /** Public: appears in logs, usage and the audit log. Begins with "key_". */
  readonly id: string;
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Whether its patterns allow a model. @param model a name in any spelling, of an alias if the request gave one */
  mayUse(model: string): boolean;
  /** Whether it has no patterns. */
  readonly mayUseAll: boolean;
  /** Separates its prefix caches from those of other keys. Nothing secret can be computed from it. */
  readonly salt: string;
  /** Upper bound of `X-Priority`. */
  readonly maxPriority: number;
  readonly limits: KeyLimits;
}
