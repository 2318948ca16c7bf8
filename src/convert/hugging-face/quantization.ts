import { OllamaError } from '../../base/errors.ts';
import { Config } from './config.ts';
import type { Folder } from './folder.ts';

/** Weights of 8-bit floats, each beside a tensor of scales. */
export interface EightBitFloats {
  /** What the name of the scales has behind that of the weights. */
  readonly suffix: '_scale_inv' | '_scale';
  /** Rows and columns for which one scale is; absent where it is for a row or for all. */
  readonly block?: readonly number[];
}

/** Formats of compressed-tensors whose values are not packed. */
const plainFormats: readonly (string | undefined)[] = ['float-quantized', 'naive-quantized'];

/** File in which ModelOpt describes weights that it quantized, in folders whose config.json does not. */
const MODELOPT_FILE = 'hf_quant_config.json';

/**
 * How the weights are quantized, if they are.
 * @param own values of "quant_method" that the family of the model reads itself
 * @throws OllamaError `invalid-request` naming the method when it cannot be read
 */
export function quantizationOf(
  config: Config,
  folder: Pick<Folder, 'find'>,
  own: readonly string[] = [],
): EightBitFloats | undefined {
  if (folder.find(MODELOPT_FILE)) throw unreadable('ModelOpt');
  const quantization = config.optionalSection('quantization_config');
  const method = quantization?.optionalText('quant_method');
  if (config.has('quantization') && method === undefined) throw unreadable('MLX');
  if (!quantization || (method !== undefined && own.includes(method))) return undefined;
  if (method === 'fp8') return withBlock('_scale_inv', quantization.optionalNumbers('weight_block_size', 2));
  if (method === 'compressed-tensors') return compressedFloats(quantization);
  throw unreadable(method ?? 'a method that config.json does not name');
}

/** @throws OllamaError `invalid-request` for values that are packed, or no floats of 8 bits */
function compressedFloats(quantization: Config): EightBitFloats {
  const format = quantization.optionalText('format');
  const groups = Object.values(quantization.value('config_groups') ?? {}) as unknown[];
  const [group] = groups;
  const weights = new Config({ group }, 'config.json').optionalSection('group')?.optionalSection('weights');
  const isFloat = weights?.value('type') === 'float' && weights.value('num_bits') === 8;
  const strategy = weights?.value('strategy');
  const isRegular = groups.length === 1 && plainFormats.includes(format) && !weights?.has('group_size');
  if (!weights || !isFloat || !isRegular) throw unreadable(`compressed-tensors (${format ?? 'no format'})`);
  if (strategy === 'block') return withBlock('_scale', weights.optionalNumbers('block_structure', 2));
  if (strategy === 'channel' || strategy === 'tensor') return { suffix: '_scale' };
  throw unreadable(`compressed-tensors (${format} by ${String(strategy)})`);
}

function withBlock(suffix: EightBitFloats['suffix'], block: readonly number[] | undefined): EightBitFloats {
  return { suffix, ...(block && { block }) };
}

function unreadable(method: string): OllamaError {
  return new OllamaError(
    'invalid-request',
    `the weights are quantized with ${method.slice(0, 100)}: use the unquantized model`,
  );
}
