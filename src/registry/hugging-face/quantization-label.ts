/** Types in the names of GGUF files, such as "UD-Q4_K_XL", as llama.cpp and publishers of such files write them. */
const labels =
  /(?<![A-Za-z0-9])(?:UD-)?(?:I?Q\d[A-Z0-9_]*|TQ\d_\d|MXFP4(?:_MOE)?|NVFP4|BF16|FP?16|FP?32)(?![A-Za-z0-9_])/gi;

/**
 * Types for a name without a tag, best first. Hugging Face chooses Q4_K_M, or "a reasonable one" where that is missing;
 * our list continues with types of its size, then larger ones, then smaller ones, and unquantized weights last.
 */
const preference: readonly string[] = [
  ...['Q4_K_M', 'Q4_K_S', 'Q4_K_L', 'Q4_K_XL', 'Q4_0', 'Q4_1', 'IQ4_XS', 'IQ4_NL', 'MXFP4', 'MXFP4_MOE'],
  ...['Q5_K_M', 'Q5_K_S', 'Q5_0', 'Q5_1', 'Q6_K', 'Q8_0'],
  ...[
    'Q3_K_L',
    'Q3_K_M',
    'Q3_K_S',
    'IQ3_M',
    'IQ3_S',
    'IQ3_XXS',
    'Q2_K',
    'IQ2_M',
    'IQ2_XXS',
    'IQ1_M',
    'IQ1_S',
  ],
  ...['BF16', 'F16', 'FP16', 'F32', 'FP32'],
];

/** The last label in the file's name, or else in its folders' names, in capitals; undefined when there is none. */
export function quantizationLabel(path: string): string | undefined {
  for (const part of path.split('/').reverse()) {
    const label = part.match(labels)?.at(-1);
    if (label !== undefined) return label.toUpperCase();
  }
  return undefined;
}

/** Lower is better; Infinity for unlisted types. Unsloth's dynamic variant (UD) comes after the plain one. */
export function preferenceOf(label: string): number {
  const place = preference.indexOf(label.replace(/^UD-/, ''));
  if (place < 0) return Number.POSITIVE_INFINITY;
  return label.startsWith('UD-') ? place + 0.5 : place;
}
