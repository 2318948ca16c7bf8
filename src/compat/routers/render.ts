/** vLLM's replies to requests that end in `/render` (0.33, `entrypoints/scale_out/token_in_token_out/protocol.py`). */
import type { ModelOptions } from '../../api/options/options.ts';
import { wireToken } from './tokenize.ts';

interface Rendered {
  readonly requestId: string;
  readonly model: string;
  readonly tokens: readonly number[];
  readonly stream: boolean;
  readonly options: ModelOptions;
  /** The salt in the hashes of the prompt's blocks; "" = none. */
  readonly salt: string;
}

interface GenerateRequest {
  readonly request_id: string;
  readonly token_ids: readonly number[];
  readonly sampling_params: object;
  readonly model: string;
  readonly stream: boolean;
  readonly cache_salt?: string;
  readonly priority: number;
}

/** The prompt of a request as tokens, with the options that vLLM has too. */
export function generateRequest({
  requestId,
  model,
  tokens,
  stream,
  options,
  salt,
}: Rendered): GenerateRequest {
  const { temperature, top_p, top_k, min_p, seed, stop, num_predict: most } = options;
  const { frequency_penalty, presence_penalty } = options;
  return {
    request_id: requestId,
    token_ids: tokens.map(wireToken),
    sampling_params: {
      ...(temperature !== undefined && { temperature }),
      ...(top_p !== undefined && { top_p }),
      ...(top_k !== undefined && { top_k }),
      ...(min_p !== undefined && { min_p }),
      ...(frequency_penalty !== undefined && { frequency_penalty }),
      ...(presence_penalty !== undefined && { presence_penalty }),
      ...(seed !== undefined && { seed }),
      ...(stop !== undefined && { stop }),
      ...(most !== undefined && most > 0 && { max_tokens: most }),
    },
    model,
    stream,
    ...(salt !== '' && { cache_salt: salt }),
    priority: 0,
  };
}
