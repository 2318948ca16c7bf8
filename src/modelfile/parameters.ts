import { OllamaError } from '../base/errors.ts';

/** The value of a parameter. An object is the value of a JSON parameter. */
export type OptionValue = number | boolean | string | readonly string[] | readonly number[] | object;

type ParameterType = 'int' | 'float' | 'bool' | 'text' | 'strings' | 'floats' | 'json';

const parameterTypes: Readonly<Record<string, ParameterType>> = {
  num_ctx: 'int',
  num_batch: 'int',
  num_gpu: 'int',
  num_cpu_moe: 'int',
  main_gpu: 'int',
  use_mmap: 'bool',
  use_mlock: 'bool',
  num_thread: 'int',
  num_parallel: 'int',
  draft_num_predict: 'int',
  deterministic: 'bool',
  fast_forward: 'bool',
  num_keep: 'int',
  seed: 'int',
  num_predict: 'int',
  top_k: 'int',
  top_p: 'float',
  min_p: 'float',
  typical_p: 'float',
  repeat_last_n: 'int',
  temperature: 'float',
  repeat_penalty: 'float',
  presence_penalty: 'float',
  frequency_penalty: 'float',
  mirostat: 'int',
  mirostat_tau: 'float',
  mirostat_eta: 'float',
  dry_multiplier: 'float',
  dry_base: 'float',
  dry_allowed_length: 'int',
  dry_penalty_last_n: 'int',
  dry_sequence_breakers: 'strings',
  xtc_probability: 'float',
  xtc_threshold: 'float',
  top_n_sigma: 'float',
  dynatemp_range: 'float',
  dynatemp_exponent: 'float',
  logit_bias: 'json',
  min_tokens: 'int',
  ignore_eos: 'bool',
  stop: 'strings',
  banned_strings: 'strings',
  grammar: 'text',
  fixed_json_spaces: 'bool',
  adapter_scale: 'floats',
  image_min_tokens: 'int',
  image_max_tokens: 'int',
};

const deprecatedParameters = new Set(['penalize_newline', 'low_vram', 'f16_kv', 'logits_all', 'vocab_only']);

/** Spellings of Go's `strconv.ParseBool`. */
const trueWords = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const falseWords = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

export function isDeprecatedParameter(name: string): boolean {
  return deprecatedParameters.has(name);
}

/**
 * Converts the text of a PARAMETER to the type that its name requires.
 * @returns a number, boolean, text or JSON value; for a list parameter (such as `stop`) a list of this one item
 * @throws OllamaError `invalid-request`: "unknown parameter 'x'", "invalid int value [x]", …
 */
export function parseParameter(name: string, value: string): OptionValue {
  const type = parameterType(name);
  switch (type) {
    case undefined:
      throw new OllamaError('invalid-request', `unknown parameter '${name}'`);
    case 'int':
      return parseInteger(value);
    case 'float':
      return parseFinite(value);
    case 'bool':
      return parseBoolean(value);
    case 'text':
      return value;
    case 'strings':
      return [value];
    case 'json':
      return parseJsonObject(value);
    case 'floats':
      return [parseFinite(value)];
  }
}

/** Whether each PARAMETER of this name adds an item to a list. */
export function isListParameter(name: string): boolean {
  const type = parameterType(name);
  return type === 'strings' || type === 'floats';
}

/** Whether a value may contain blanks, which otherwise separate values on a command line. */
export function isTextParameter(name: string): boolean {
  const type = parameterType(name);
  return type === 'text' || type === 'json';
}

/** Of 64 bits, as near as a number comes. */
const MAX_INTEGER = 2 ** 64;

function parameterType(name: string): ParameterType | undefined {
  return Object.hasOwn(parameterTypes, name) ? parameterTypes[name] : undefined;
}

function parseInteger(text: string): number {
  // Seeds have 64 bits; the other integers have limits of their own.
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(Math.abs(value) <= MAX_INTEGER))
    throw new OllamaError('invalid-request', `invalid int value [${text}]`);
  return value;
}

/** Parses a number that is finite as a 32-bit float, the type that the engine uses. */
function parseFinite(text: string): number {
  const value = /^[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(Math.fround(value)))
    throw new OllamaError('invalid-request', `invalid float value [${text}]`);
  return value;
}

function parseBoolean(text: string): boolean {
  if (trueWords.has(text)) return true;
  if (falseWords.has(text)) return false;
  throw new OllamaError('invalid-request', `invalid bool value [${text}]`);
}

function parseJsonObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // The error is thrown below.
  }
  throw new OllamaError('invalid-request', `invalid JSON value [${text}]`);
}
