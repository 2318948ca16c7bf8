/** What a file says about drafting. */
import type { GgufFacts } from './facts.ts';
import type { GgufTensor } from './types.ts';

/** Encoders, whose tokens attend to later ones. */
const encoders = /bert|^gemma-embedding$|^llama-embed$/;

/** Architectures of llama.cpp v0.5.0 that write no text from left to right, and what they are. */
const others: Readonly<Record<string, string>> = {
  clip: 'a projector for pictures',
  dream: 'a diffusion model',
  llada: 'a diffusion model',
  'llada-moe': 'a diffusion model',
  pockettts: 'a model for speech',
  qwen3tts: 'a model for speech',
  rnd1: 'a diffusion model',
  t5: 'an encoder-decoder model',
  t5encoder: 'an encoder',
  'wavtokenizer-dec': 'a model for speech',
};

/** Architectures made to draft in a way that the engine does not have. */
const unsupported: Readonly<Record<string, string>> = {
  dflash: 'DFlash models',
  'gemma4-assistant': 'the assistants of Gemma 4',
};

/** Says why a model can never draft for another because it writes no text; undefined = it does. */
export function writesNoText({
  architecture,
  poolingType,
}: Pick<GgufFacts, 'architecture' | 'poolingType'>): string | undefined {
  const other = others[architecture];
  if (other !== undefined) return `it is ${other} (${architecture})`;
  const embeds = poolingType !== undefined || encoders.test(architecture);
  return embeds ? `it is an embedding model (${architecture}), which writes no text` : undefined;
}

/** Says why the engine cannot draft with a model that was made to draft; undefined = it can. */
export function unsupportedDraft(architecture: string): string | undefined {
  const name = unsupported[architecture];
  return name === undefined ? undefined : `drafting as ${name} do is not supported (${architecture})`;
}

/**
 * Architectures whose predicting layer (MTP) llama.cpp v0.5.0 computes in a context of its own with a plain KV cache, like
 * that of the model. It was not tested for others, which have windows or recurrent states.
 */
const layerArchitectures: readonly string[] = ['deepseek2', 'glm4moe', 'hy_v3'];

const projectionPattern = /^blk\.\d+\.nextn\.eh_proj\.weight$/;

/** Whether a model has one layer that predicts the token after the next one. Some files declare it and leave it out. */
export function hasPredictingLayer(architecture: string, tensors: readonly GgufTensor[]): boolean {
  if (!layerArchitectures.includes(architecture)) return false;
  return tensors.filter(({ name }) => projectionPattern.test(name)).length === 1;
}
