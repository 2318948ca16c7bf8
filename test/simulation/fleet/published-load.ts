/** What a router reads from `/v1/loads`. */
import { loadsReply } from '../../../src/compat/routers/loads.ts';

export interface PublishedLoad {
  readonly num_running_reqs: number;
  readonly num_waiting_reqs: number;
  readonly num_total_reqs: number;
}

export function publishedLoadOf(load: {
  readonly running: number;
  readonly waiting: number;
  readonly slots: number;
}): PublishedLoad {
  const tokens = { heldTokens: 0, capacity: 0, promptTokens: 0, reusedTokens: 0, generationRate: 0 };
  const reply = loadsReply({ ...load, ...tokens }, { version: '0.33.0', at: new Date(0) });
  const { loads } = reply as { readonly loads: readonly [PublishedLoad] };
  return loads[0];
}
