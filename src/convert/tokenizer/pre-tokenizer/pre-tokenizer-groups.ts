/**
 * Names of pre-tokenizers that split texts alike, and alike keep or split words that are tokens (llama-vocab.cpp of b11434).
 * The first name of a group is tried where nothing is known about a tokenizer; the groups are in the order of their use.
 */
const groups: readonly (readonly string[])[] = [
  [
    'llama-bpe',
    'llama3',
    'llama-v3',
    'falcon3',
    'falcon-h1',
    'pixtral',
    'midm-2.0',
    'lfm2',
    'jina-v5-nano',
    'glm4',
    'glm5',
  ],
  ['qwen2', 'deepseek-r1-qwen', 'kormo', 'f2llmv2', 'stablelm2', 'hunyuan', 'megrez', 'solar-open', 'grok-2'],
  [
    'gpt-2',
    'phi-2',
    'jina-es',
    'jina-de',
    'gigachat',
    'jina-v2-es',
    'jina-v2-de',
    'a.x-4.0',
    'mellum',
    'modern-bert',
    'jina-v1-en',
    'jina-v2-code',
    'roberta-bpe',
    'mpt',
    'olmo',
    'jais',
    'exaone4',
    'trillion',
    'granite-docling',
  ],
  ['smollm', 'starcoder', 'refact', 'command-r', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'],
  ['gpt-4o', 'llama4', 'kanana2', 'talkie', 'minimax-m2'],
  ['granite-embed-multi-97m'],
  ['tekken'],
  ['deepseek-v3', 'hunyuan-dense', 'joyai-llm', 'hy_v4'],
  ['smaug-bpe', 'dbrx', 'chatglm-bpe'],
  ['qwen35'],
  ['default'],
  ['deepseek-llm'],
  ['deepseek-coder'],
  ['falcon'],
  ['bloom', 'poro-chat', 'gpt3-finnish'],
  ['viking'],
  ['chameleon'],
  ['tiny_aya', 'cohere2moe'],
  ['superbpe'],
  ['bailingmoe', 'bailingmoe2', 'llada-moe'],
  ['seed-coder'],
  ['minicpm5'],
  ['spark2_5'],
  ['exaone-moe'],
  ['kimi-k2'],
  ['ufakzeka'],
  ['afmoe'],
  ['laguna'],
  ['youtu'],
  ['jais-2'],
];

/** One name of each group. */
export const distinctPreTokenizers: readonly string[] = groups.flatMap(([name]) => name ?? []);

/** Whether two names stand for the same way of splitting. */
export function splitAlike(left: string, right: string): boolean {
  return left === right || groups.some((group) => group.includes(left) && group.includes(right));
}
