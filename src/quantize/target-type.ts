import { OllamaError } from '../base/errors.ts';

/** A type that weights can be quantized to. */
export interface TargetType {
  /** Name as `show` prints it, for example "Q4_K_M". */
  readonly name: string;
  /** `llama_ftype` number. */
  readonly fileType: number;
  /** `ggml_type` number of most of the tensors. */
  readonly tensorType: number;
}

const target = (name: string, fileType: number, tensorType: number): TargetType => ({
  name,
  fileType,
  tensorType,
});

/** Numbers: llama.cpp's `llama_ftype` (include/llama.h) and `ggml_type` (ggml.h). Ollama's types come first. */
const targetTypes: readonly TargetType[] = [
  target('F32', 0, 0),
  target('F16', 1, 1),
  target('BF16', 32, 30),
  target('Q4_K_S', 14, 12),
  target('Q4_K_M', 15, 12),
  target('Q8_0', 7, 8),
  target('Q2_K', 10, 10),
  target('Q3_K_S', 11, 11),
  target('Q3_K_M', 12, 11),
  target('Q3_K_L', 13, 11),
  target('Q4_0', 2, 2),
  target('Q4_1', 3, 3),
  target('Q5_0', 8, 6),
  target('Q5_1', 9, 7),
  target('Q5_K_S', 16, 13),
  target('Q5_K_M', 17, 13),
  target('Q6_K', 18, 14),
  target('IQ3_S', 26, 21),
  target('IQ3_M', 27, 21),
  target('IQ4_XS', 30, 23),
  target('IQ4_NL', 25, 20),
  target('MXFP4', 38, 39),
];

/** Aliases of llama.cpp's `llama-quantize`. */
const aliases: Readonly<Record<string, string>> = {
  Q3_K: 'Q3_K_M',
  Q4_K: 'Q4_K_M',
  Q5_K: 'Q5_K_M',
  MXFP4_MOE: 'MXFP4',
};

/** Types that llama.cpp only produces with measured importances of the weights; without them, output is nonsense. */
const importanceTypes: readonly string[] = [
  'IQ1_S',
  'IQ1_M',
  'IQ2_XXS',
  'IQ2_XS',
  'IQ2_S',
  'IQ2_M',
  'IQ3_XXS',
  'IQ3_XS',
  'Q2_K_S',
];

/** The error cuts longer names. */
const MAX_QUOTED_LENGTH = 40;

/** Types that a model can be quantized from. */
export const sourceTypes: readonly string[] = ['F16', 'BF16', 'F32'];

/**
 * Returns the type that a request names, in any letter case.
 * @throws OllamaError `invalid-request` listing the supported types
 */
export function parseTargetType(text: string): TargetType {
  const wanted = text.toUpperCase();
  const name = aliases[wanted] ?? wanted;
  const found = targetTypes.find((type) => type.name === name);
  if (found) return found;
  if (importanceTypes.includes(name)) {
    throw new OllamaError(
      'invalid-request',
      `quantization type ${name} needs an importance matrix, which is not supported here: use IQ3_S or Q3_K_S, ` +
        "or quantize the GGUF file with llama.cpp's llama-quantize --imatrix and create the model from the result",
    );
  }
  const known = targetTypes.map((type) => type.name).join(', ');
  throw new OllamaError(
    'invalid-request',
    `unsupported quantization type ${wanted.slice(0, MAX_QUOTED_LENGTH)} - supported types are ${known}`,
  );
}

/** False for types that only round numbers: they have no blocks, and overrides do not apply to them. */
export function isBlockType({ name }: TargetType): boolean {
  return !sourceTypes.includes(name);
}
