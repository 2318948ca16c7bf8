import { z } from 'zod';
import { listOf, recordOf } from '../../api/bounded.ts';
import { cacheSaltSchema } from '../../api/cache-salt.ts';
import { keepAliveSchema } from '../../api/keep-alive.ts';
import { optionRules } from '../../api/options/option-table.ts';
import { type ModelOptions, optionsSchema, parseOptions } from '../../api/options/options.ts';
import { foldSeed } from '../../api/options/seed.ts';

/** More stop texts or biases than the native options accept, which tell the real limits. */
const MAX_LISTED = 10_000;
/** Maximum number of answers to one prompt. Each one is queued like a separate request. */
const MAX_CHOICES = 16;

const stopSchema = z.union([z.string().transform((text) => [text]), listOf(z.string(), MAX_LISTED)], {
  error: 'stop must be a string or a list of strings',
});

/** Maximum number of tokens in an answer: 0 means absent, and less than 0 no limit. */
export const tokenLimitSchema = z.number();

/** Fields that chat and text completions share. */
export const samplingFields = {
  model: z.string().exactOptional(),
  stream: z.boolean().exactOptional(),
  max_tokens: tokenLimitSchema.exactOptional(),
  temperature: z.number().exactOptional(),
  top_p: z.number().exactOptional(),
  frequency_penalty: z.number().exactOptional(),
  presence_penalty: z.number().exactOptional(),
  /** 64 bits, which are more than a safe integer has. */
  seed: z.number().exactOptional(),
  stop: stopSchema.exactOptional(),
  logit_bias: recordOf(z.number(), MAX_LISTED).exactOptional(),
  n: z.int().min(1).max(MAX_CHOICES).exactOptional(),
  /** An extension: options of the native API, which the fields of this API override. */
  options: optionsSchema.exactOptional(),
  /** An extension, as in the native API. */
  keep_alive: keepAliveSchema.exactOptional(),
  /** An extension, as in vLLM. */
  cache_salt: cacheSaltSchema.exactOptional(),
};

interface SamplingRequest {
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly frequency_penalty?: number;
  readonly presence_penalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly logit_bias?: Readonly<Record<string, number>>;
  readonly options?: ModelOptions;
}

/** OpenAI's defaults, which clients of this API rely on; the native API has others. */
const DEFAULT_TEMPERATURE = 1;
const DEFAULT_TOP_P = 1;

/**
 * Converts sampling fields to options of the native API.
 * @throws OllamaError `invalid-request` naming the option that is out of range
 */
export function samplingOptions(request: SamplingRequest): ModelOptions {
  const { options = {}, seed, stop, logit_bias: bias } = request;
  const most = tokenLimit(request.max_completion_tokens) ?? tokenLimit(request.max_tokens);
  return {
    temperature: DEFAULT_TEMPERATURE,
    top_p: DEFAULT_TOP_P,
    ...options,
    ...parseOptions({
      num_predict: most,
      temperature: request.temperature,
      top_p: request.top_p,
      frequency_penalty: request.frequency_penalty,
      presence_penalty: request.presence_penalty,
      seed,
      stop: stop?.filter((text) => text !== ''),
      logit_bias: bias && biasList(bias),
    }),
  };
}

const NO_LIMIT = -1;

/** What is beyond the largest number of tokens is as good as that. */
function tokenLimit(most: number | undefined): number | undefined {
  if (most === undefined || Math.trunc(most) === 0) return undefined;
  return most < 0 ? NO_LIMIT : Math.min(most, optionRules.num_predict.maximum);
}

/** Converts biases; -100 and below ban the token. */
function biasList(bias: Readonly<Record<string, number>>): [number | string, number | false][] {
  return Object.entries(bias).map(([token, value]) => [
    /^\d+$/.test(token) ? Number(token) : token,
    value <= NEVER ? false : value,
  ]);
}

const NEVER = -100;

/** Gives each of several answers its own seed. A negative seed stays: it is a random one each time. */
export function withChoiceSeed<Request extends { options?: ModelOptions }>(
  request: Request,
  index: number,
): Request {
  const { seed } = request.options ?? {};
  if (index === 0 || seed === undefined || seed < 0) return request;
  // Folded first, because one more makes no difference to a large number.
  return { ...request, options: { ...request.options, seed: foldSeed(seed) + index } };
}
