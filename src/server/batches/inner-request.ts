/** A request that this program makes of itself, such as a line of a batch. Only code of the server can make one. */
import type { CallerKey } from '../../access/caller-key.ts';

export interface InnerRequest {
  /** The key in whose name it is made; absent = the server has no keys. */
  readonly key?: CallerKey | undefined;
  /** May be lower than any that a client can ask for. */
  readonly priority: number;
  /** Whether a model may be loaded with more slots for it and the many others of its kind. */
  readonly isOfLargeBatch: boolean;
  /** For whom it is made, where there is no key. */
  readonly client: string;
}

/** Below what any client can ask for. Waiting raises it by one every 30 seconds, so it is not forgotten for ever. */
export const BATCH_PRIORITY = -100;
