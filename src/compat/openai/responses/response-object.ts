import type { ChatResponse } from '../../../api/chat.ts';
import type { ResponsesRequest } from './request.ts';
import type { ResponseError } from './response-error.ts';

export interface ResponseHead {
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  readonly request: ResponsesRequest;
}

interface Outcome {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  readonly output: readonly object[];
  /** The last chunk of the answer, which carries the metrics. */
  readonly last?: ChatResponse;
  readonly error?: ResponseError;
}

/** A reply of the Responses API, complete or as far as it is known. */
export function responseObject({ id, created, request }: ResponseHead, outcome: Outcome): object {
  const { status, output, last, error } = outcome;
  return {
    id,
    object: 'response',
    created_at: created,
    ...(status === 'completed' && { completed_at: Math.floor(Date.now() / 1000) }),
    status,
    // An answer is complete when the reply to its request is.
    background: false,
    error: error ?? null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    ...defaults,
    ...echo(request),
    output: [...output],
    usage: last ? usage(last) : null,
  };
}

/** Values that replies report for fields absent from the request. */
const defaults = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  model: '',
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  safety_identifier: null,
  store: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  /** Our own default: a long prompt is shortened and reported unless the request forbids it. */
  truncation: 'auto',
  metadata: {},
  user: null,
};

/** Fields of the request that the reply repeats. */
function echo(request: ResponsesRequest): object {
  const names = Object.keys(defaults) as (keyof typeof defaults)[];
  const given = names.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]);
  const { effort = null, summary = null } = request.reasoning ?? {};
  return {
    ...Object.fromEntries(given),
    reasoning: { effort, summary },
    service_tier: 'default',
    text: {
      format: request.text?.format ?? { type: 'text' },
      verbosity: request.text?.verbosity ?? 'medium',
    },
  };
}

export function outcomeStatus({ done_reason }: ChatResponse): 'completed' | 'incomplete' {
  return done_reason === 'length' ? 'incomplete' : 'completed';
}

function usage(last: ChatResponse): object {
  const { prompt_eval_count: input = 0, eval_count: output = 0 } = last;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: last.prompt_eval_cached ?? 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: last.eval_thinking_count ?? 0 },
    total_tokens: input + output,
  };
}
