import type { CreateRequest } from '../api/create.ts';
import type { ImportedPart } from '../api/show.ts';
import { OllamaError } from '../base/errors.ts';
import { humanNumber } from '../base/human.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import type { ModelConfig } from './model-config.ts';

/**
 * Builds the config of a new model. Fields of the request override those of the base model, which override the facts
 * of the weights.
 * @param weights facts of the model's own weights
 * @param added facts of all files given with the request
 * @param imported the parts that were converted for this model
 * @throws OllamaError `invalid-request` for an `info` field of the wrong type
 */
export function createConfig(
  request: CreateRequest,
  base: ModelConfig | undefined,
  weights: GgufFacts,
  added: readonly GgufFacts[],
  imported: readonly ImportedPart[] = [],
): ModelConfig {
  const parts = [...(base?.imported ?? []), ...imported];
  const families = [
    ...(base?.model_families ?? []),
    weights.architecture,
    ...added.map((facts) => facts.architecture),
  ];
  return {
    ...base,
    model_format: 'gguf',
    model_family: base?.model_family || weights.architecture,
    model_families: [...new Set(families)],
    model_type: base?.model_type || humanNumber(weights.parameterCount),
    file_type: base?.file_type || weights.fileType,
    renderer: request.renderer || base?.renderer,
    parser: request.parser || base?.parser,
    requires: request.requires?.replace(/^v/, '') || base?.requires,
    ...(parts.length > 0 && { imported: parts }),
    ...infoOverrides(request.info ?? {}),
  };
}

export function infoOverrides(info: Readonly<Record<string, unknown>>): Partial<ModelConfig> {
  const capabilities = info.capabilities;
  if (capabilities !== undefined && !isTextList(capabilities)) {
    throw new OllamaError('invalid-request', 'info field "capabilities" must be a list of strings');
  }
  return defined({
    capabilities,
    model_family: textOf(info, 'model_family'),
    base_name: textOf(info, 'base_name'),
    file_type: textOf(info, 'quantization_level'),
    model_type: textOf(info, 'parameter_size'),
    context_length: countOf(info, 'context_length'),
    embedding_length: countOf(info, 'embedding_length'),
  });
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function textOf(info: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = info[field];
  if (value === undefined || typeof value === 'string') return value;
  throw new OllamaError('invalid-request', `info field "${field}" must be a string`);
}

function countOf(info: Readonly<Record<string, unknown>>, field: string): number | undefined {
  const value = info[field];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new OllamaError('invalid-request', `info field "${field}" must be a non-negative integer`);
}

function defined(
  overrides: { readonly [Field in keyof ModelConfig]?: ModelConfig[Field] | undefined },
): Partial<ModelConfig> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}
