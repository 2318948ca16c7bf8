import { OllamaError } from '../../base/errors.ts';
import { bert } from './bert.ts';
import { cohere, cohere2 } from './cohere.ts';
import { deepseekV2, deepseekV3 } from './deepseek.ts';
import type { Family } from './family.ts';
import { gemma, gemma2, gemma3 } from './gemma.ts';
import { gptOss } from './gpt-oss.ts';
import { granite } from './granite.ts';
import { lfm2, lfm2moe } from './lfm2.ts';
import { llama, mistral, mixtral } from './llama.ts';
import { nomicBert } from './nomic-bert.ts';
import { olmo2, olmo3 } from './olmo2.ts';
import { phi3 } from './phi3.ts';
import { qwen2, qwen3 } from './qwen2.ts';
import { qwen3moe } from './qwen3moe.ts';
import { smollm3 } from './smollm3.ts';

/** All families that can be imported. */
export const families: readonly Family[] = [
  llama,
  mistral,
  mixtral,
  qwen2,
  qwen3,
  qwen3moe,
  gemma,
  gemma2,
  gemma3,
  olmo2,
  olmo3,
  granite,
  smollm3,
  cohere,
  cohere2,
  phi3,
  gptOss,
  deepseekV2,
  deepseekV3,
  lfm2,
  lfm2moe,
  bert,
  nomicBert,
];

/** Names in an error; the whole list would hide it. */
const MAX_SUGGESTIONS = 6;

/** Names of classes are shorter; what is longer is not one. */
const MAX_NAME_LENGTH = 100;

const familyByName = new Map(families.flatMap((family) => family.names.map((name) => [name, family])));

/**
 * The family of a model by the name in "architectures".
 * @throws OllamaError `invalid-request` when none has it
 */
export function familyOf(name: string): Family {
  const family = familyByName.get(name);
  if (family) return family;
  const short = name.slice(0, MAX_NAME_LENGTH);
  const nearest = [...familyByName.keys()].toSorted((a, b) => likeness(b, short) - likeness(a, short));
  throw new OllamaError(
    'invalid-request',
    `unsupported architecture "${short}": convert the folder with llama.cpp's convert_hf_to_gguf.py and create from the .gguf; known here: ${nearest.slice(0, MAX_SUGGESTIONS).join(', ')} and others`,
  );
}

/** Share of the pairs of letters that two names have in common. */
function likeness(a: string, b: string): number {
  const [first, second] = [pairsOf(a), pairsOf(b)];
  const common = [...first].filter((pair) => second.has(pair)).length;
  return common / (first.size + second.size);
}

function pairsOf(name: string): ReadonlySet<string> {
  const letters = name.toLowerCase();
  return new Set(Array.from({ length: letters.length }, (_, at) => letters.slice(at, at + 2)));
}
