// Makes events of an engine that is busy: eight slots, drafts, a queue, a second model that loads, and shared prefixes.
const SLOTS = 8;
const BLOCK_MS = 100;
const RUN_BLOCKS = 60;
const GB = 1e9;

/** Numbers that look random and are the same in each run. */
function sequence(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

export class MadeEngine {
  #random = sequence(22);
  #lastRun = 0;
  #slots = Array.from({ length: SLOTS }, (_, slot) => ({
    slot,
    run: 0,
    left: slot * 7,
    prefill: 0,
    tokens: 0,
  }));
  #runs = new Map();
  #started;

  constructor(started) {
    this.#started = started;
  }

  hello(now) {
    const history = Array.from({ length: 300 }, (_, second) => this.point(now - (300 - second) * 1000));
    const start = { type: 'hello', version: 1, now_at: now, history_seconds: 300, history };
    return { ...start, state: this.state(now) };
  }

  /** The blocks and prompts of a stretch of time. */
  work(from, to) {
    const blocks = [];
    const prompts = [];
    for (let at = from; at < to; at += BLOCK_MS) {
      const shares = this.#slots.flatMap((slot) => this.#share(slot, at, prompts));
      const tokens = shares.reduce((sum, share) => sum + share.prefill_tokens + share.decode_tokens, 0);
      if (shares.length > 0)
        blocks.push({ runner: 1, started_at: at, duration_ms: BLOCK_MS - 2, calls: 5, tokens, shares });
    }
    const runs = [...this.#runs.values()].slice(-60);
    return [
      ...(prompts.length > 0 ? [{ type: 'prompts', prompts, runs }] : []),
      { type: 'steps', blocks, runs },
    ];
  }

  #share(slot, at, prompts) {
    slot.left -= 1;
    if (slot.left < -10) this.#begin(slot, at, prompts);
    if (slot.left <= 0 || slot.run === 0) return [];
    const isPrefill = slot.prefill > 0;
    if (isPrefill) slot.prefill -= 1;
    const draft = slot.slot % 4 === 3 && !isPrefill;
    const share = {
      run: slot.run,
      slot: slot.slot,
      prefill_ms: isPrefill ? BLOCK_MS - 2 : 0,
      decode_ms: isPrefill ? 0 : BLOCK_MS - 2,
      prefill_tokens: isPrefill ? 64 : 0,
      decode_tokens: isPrefill ? 0 : 5,
      draft_taken: draft ? 2 : 0,
      draft_refused: draft ? 1 + Math.floor(this.#random() * 2) : 0,
    };
    slot.tokens += share.prefill_tokens + share.decode_tokens;
    return [share];
  }

  #begin(slot, at, prompts) {
    this.#lastRun += 1;
    slot.run = this.#lastRun;
    slot.left = RUN_BLOCKS + Math.floor(this.#random() * 60);
    slot.prefill = 2 + Math.floor(this.#random() * 8);
    const cached = Math.floor(this.#random() * 400);
    slot.tokens = cached;
    const anonymous = slot.run % 5 === 4;
    this.#runs.set(slot.run, {
      ...{ run: slot.run, kind: slot.run % 3 === 0 ? 'generate' : 'chat', model: 'smollm2:135m', anonymous },
      ...(!anonymous && { request_id: `5d41${slot.run}-40c2-4c2f-9d3c-3f6a2f6f6c11` }),
    });
    prompts.push({
      ...{ runner: 1, run: slot.run, slot: slot.slot, at },
      slot_tokens: slot.run % 3 === 0 ? 0 : cached,
      memory_tokens: slot.run % 3 === 0 ? cached : 0,
      disk_tokens: slot.run % 4 === 0 ? 120 : 0,
      computed_tokens: slot.prefill * 64,
    });
  }

  state(at) {
    const kv = 0.6 * GB;
    const slots = this.#slots.map(({ slot, run, left, tokens }) => ({
      ...{ slot, tokens, shared_tokens: Math.min(tokens, slot < 3 ? 180 : 0), prompt_tokens: tokens },
      ...(left > 0 && run > 0 && { run }),
    }));
    const ready = { weights_bytes: 1.9 * GB, kv_bytes: kv, kv_held_bytes: kv * 0.3, kv_idle_bytes: kv * 0.2 };
    const nothing = { weights_bytes: 0, kv_bytes: 0, kv_held_bytes: 0, kv_idle_bytes: 0, compute_bytes: 0 };
    return {
      type: 'state',
      at,
      runners: [
        {
          ...{
            runner: 1,
            model: 'smollm2:135m',
            state: 'ready',
            load_fraction: 1,
            context_length: 2048,
            slots,
          },
          ...{ load_started_at: this.#started, loaded_at: this.#started + 2400 },
          memory: [{ device: 'CUDA0', ...ready, compute_bytes: 0.3 * GB, other_bytes: 0 }],
          host_cache: { bytes: 24e6, conversations: 2 },
          disk_cache: { conversations: 5 },
        },
        {
          ...{ runner: 2, model: 'qwen3:4b', state: 'loading', load_started_at: at - 4000 },
          ...{ load_fraction: 0.45, context_length: 4096 },
          slots: [{ slot: 0, tokens: 0, shared_tokens: 0, prompt_tokens: 0 }],
          memory: [{ device: 'system', ...nothing, other_bytes: 3.2 * GB }],
        },
      ],
      queue: [
        { position: 1, run: 9001, model: 'qwen3:4b', priority: 0, since_at: at - 2300, waits_for: 'load' },
        { position: 2, run: 9002, model: 'smollm2:135m', priority: 0, since_at: at - 800, waits_for: 'slot' },
        {
          ...{ position: 3, model: 'gemma3:12b', priority: -5, since_at: at - 400, waits_for: 'memory' },
          unloading: ['smollm2:135m'],
        },
      ],
      devices: [
        { device: 'system', total_bytes: 17 * GB, free_bytes: 9 * GB },
        { device: 'CUDA0', total_bytes: 8.6 * GB, free_bytes: 5.4 * GB },
      ],
      disk_cache_bytes: 105e6,
      runs: [
        ...this.#runs.values(),
        { run: 9001, kind: 'chat', model: 'qwen3:4b', request_id: 'page-2', anonymous: false },
        { run: 9002, kind: 'embed', model: 'smollm2:135m', anonymous: true },
      ],
    };
  }

  point(at) {
    const wave = Math.sin(at / 20_000);
    const noise = this.#random();
    const model = {
      model: 'smollm2:135m',
      prefill_tokens: noise > 0.7 ? 900 * noise : 0,
      decode_tokens: 310 + 60 * wave + 40 * noise,
      drafted_tokens: 60,
      draft_taken: 38 + 8 * wave,
      batch_runs: 6 + 1.5 * wave,
      batch_tokens: 12,
      gap_p50_ms: 21 + 3 * wave + noise,
      gap_p95_ms: 38 + 9 * wave + 6 * noise,
      first_token_p50_ms: 340 + 60 * wave,
      first_token_p95_ms: 910 + 120 * wave,
    };
    return { type: 'point', at: Math.floor(at / 1000) * 1000, models: [model] };
  }
}
