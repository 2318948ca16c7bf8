import { OllamaError } from '../base/errors.ts';

export type OptionValue = number | boolean | string | readonly string[] | readonly number[];

type ParameterType = 'int' | 'float' | 'bool' | 'strings' | 'floats';

const parameterTypes: Readonly<Record<string, ParameterType>> = {
  num_ctx: 'int',
  num_batch: 'int',
  num_gpu: 'int',
  main_gpu: 'int',
  use_mmap: 'bool',
  use_mlock: 'bool',
  num_thread: 'int',
  draft_num_predict: 'int',
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
  stop: 'strings',
  adapter_scale: 'floats',
};

const deprecatedParameters = new Set([
  'penalize_newline',
  'low_vram',
  'f16_kv',
  'logits_all',
  'vocab_only',
  'mirostat',
  'mirostat_tau',
  'mirostat_eta',
]);

/** Spellings of Go's `strconv.ParseBool`. */
const trueWords = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const falseWords = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

export function isDeprecatedParameter(name: string): boolean {
  return deprecatedParameters.has(name);
}

/**
 * Types the text of a PARAMETER by its name.
 * @returns number, boolean, or for those that may be repeated a list of one
 * @throws OllamaError `invalid-request`: "unknown parameter 'x'", "invalid int value [x]", …
 */
export function parseParameter(name: string, value: string): OptionValue {
  const type = Object.hasOwn(parameterTypes, name) ? parameterTypes[name] : undefined;
  switch (type) {
    case undefined:
      throw new OllamaError('invalid-request', `unknown parameter '${name}'`);
    case 'int':
      return parseInteger(value);
    case 'float':
      return parseFinite(value);
    case 'bool':
      return parseBoolean(value);
    case 'strings':
      return [value];
    case 'floats':
      return [parseFinite(value)];
  }
}

function parseInteger(text: string): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new OllamaError('invalid-request', `invalid int value [${text}]`);
  return value;
}

function parseFinite(text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new OllamaError('invalid-request', `invalid float value [${text}]`);
  return value;
}

function parseBoolean(text: string): boolean {
  if (trueWords.has(text)) return true;
  if (falseWords.has(text)) return false;
  throw new OllamaError('invalid-request', `invalid bool value [${text}]`);
}
