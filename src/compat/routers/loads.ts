/** SGLang's `/v1/loads` (0.5.23, `entrypoints/v1_loads.py`), with the fields that smg reads. */

/** What a server is busy with. */
export interface RouterLoad {
  readonly running: number;
  readonly waiting: number;
  /** Requests that it works on at once. */
  readonly slots: number;
  /** Tokens that running requests hold in KV caches, and how many would fit. */
  readonly heldTokens: number;
  readonly capacity: number;
  /** Tokens of all prompts so far, and those of them whose state was reused. */
  readonly promptTokens: number;
  readonly reusedTokens: number;
  /** Tokens per second. */
  readonly generationRate: number;
}

/** There is one engine behind each address, so there is one rank. */
export function loadsReply(
  load: RouterLoad,
  server: { readonly version: string; readonly at: Date },
): object {
  return {
    timestamp: server.at.toISOString(),
    version: server.version,
    dp_rank_count: 1,
    loads: [
      {
        dp_rank: 0,
        num_running_reqs: load.running,
        num_waiting_reqs: load.waiting,
        num_waiting_uncached_tokens: 0,
        num_total_reqs: load.running + load.waiting,
        num_used_tokens: load.heldTokens,
        max_total_num_tokens: load.capacity,
        token_usage: part(load.heldTokens, load.capacity),
        gen_throughput: load.generationRate,
        cache_hit_rate: part(load.reusedTokens, load.promptTokens),
        utilization: part(load.running, load.slots),
        max_running_requests: load.slots,
      },
    ],
  };
}

/** From 0 to 1, in thousandths. */
function part(of: number, all: number): number {
  return all <= 0 ? 0 : Math.round(Math.min(1, of / all) * 1000) / 1000;
}
