import type { GgufFacts } from '../../gguf/facts.ts';
import type { MemoryLayout } from '../../gguf/memory-layout.ts';

/** llama.cpp's LLAMA_MAX_LAYERS: the engine refuses models with more. */
const MAX_BLOCKS = 512;
/** Inner length of a typical MLP, in embedding lengths. */
const INNER_PER_EMBEDDING = 4;

/** A likely layout for a model of which only the plain facts are known: equal blocks with attention and an MLP. */
export function plainLayout(facts: GgufFacts): MemoryLayout {
  const blockCount = Math.min(MAX_BLOCKS, facts.blockCount);
  const { headCount, headCountKv, keyLength, valueLength, embeddingLength } = facts;
  const attention = {
    heads: headCount,
    queryLength: headCount * keyLength,
    keyLength: headCountKv * keyLength,
    valueLength: headCountKv * valueLength,
    outputLength: headCount * valueLength,
    headLength: keyLength,
    isFused: false,
    isWindowed: false,
  };
  const innerLength = INNER_PER_EMBEDDING * embeddingLength;
  return {
    kinds: [{ attention, feedForward: { innerLength, gate: 'own' } }],
    blocks: new Array<number>(blockCount).fill(0),
    layerWeightBytes: new Array<number>(blockCount).fill(Math.floor(facts.weightBytes / (blockCount + 1))),
    layerExpertBytes: [],
    largestExpertBytes: 0,
    outputBytes: Math.floor(facts.weightBytes / (blockCount + 1)),
    inputBytes: 0,
    isEncoder: false,
  };
}
