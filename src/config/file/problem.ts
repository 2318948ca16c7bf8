/** A problem that zod's own checks do not cover. */
export interface Problem {
  readonly path: readonly string[];
  readonly message: string;
  /** Whether the key is wrong, not the value. */
  readonly isOfKey?: boolean;
}
