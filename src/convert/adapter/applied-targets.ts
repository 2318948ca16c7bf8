/**
 * Weights to which llama.cpp applies adapters (`build_lora_mm` and `build_inp_embd` of its graphs). It loads factors of any
 * matrix, and ignores those of the others without a word.
 */
const applied: ReadonlySet<string> = new Set([
  'token_embd',
  'output',
  'attn_q',
  'attn_k',
  'attn_v',
  'attn_qkv',
  'attn_output',
  'ffn_gate',
  'ffn_up',
  'ffn_down',
  'ffn_gate_inp',
  'ffn_gate_exps',
  'ffn_up_exps',
  'ffn_gate_up_exps',
  'ffn_down_exps',
  'ffn_gate_shexp',
  'ffn_up_shexp',
  'ffn_down_shexp',
  'shortconv.in_proj',
  'shortconv.out_proj',
]);

/** Graphs that multiply some of these weights themselves. */
const ignoredBy: Readonly<Record<string, ReadonlySet<string>>> = {
  deepseek2: new Set(['attn_q', 'output']),
};

/** @param name of a tensor of the base model, such as "blk.0.attn_q.weight" */
export function isAdapterApplied(architecture: string, name: string): boolean {
  const part = /^(?:blk\.\d+\.)?(.+)\.weight$/.exec(name)?.[1];
  if (part === undefined || !applied.has(part)) return false;
  return !(Object.hasOwn(ignoredBy, architecture) && ignoredBy[architecture]?.has(part));
}
