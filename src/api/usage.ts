/** By what usage can be told apart. */
export type UsageGroup = 'key' | 'model' | 'day';

export interface UsageFigures {
  /** Each prompt counts, however many answers to it were asked for. Counting tokens and loading models do not. */
  requests: number;
  /** Requests that were answered with 401, 403 or 429. */
  refusals: number;
  prompt_tokens: number;
  /** Part of `prompt_tokens`: those that did not have to be computed. */
  cached_tokens: number;
  /** Part of `output_tokens`. */
  thinking_tokens: number;
  output_tokens: number;
  /** Time from the grant of a model to the end of the run. */
  seconds: number;
}

export interface UsageEntry extends UsageFigures {
  /** In UTC, such as "2026-11-30"; present when grouped by day. */
  day?: string;
  /** ID of the API key, "" for requests without one; present when grouped by key. */
  key?: string;
  /** As `ollama list` shows it, "" for requests that reached no model; present when grouped by model. */
  model?: string;
}

/** GET /api/usage (not in Ollama's API) */
export interface UsageResponse {
  /** First and last day in UTC, both included. */
  from: string;
  to: string;
  usage: UsageEntry[];
  total: UsageFigures;
}
