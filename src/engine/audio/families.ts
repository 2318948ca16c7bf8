/** Which file builds which type of `clip.projector_type`. */
import type { ProjectorType } from '../../gguf/projector/projector-types.ts';
import type { AudioFamily } from './encoder.ts';
import { gemma4Audio } from './gemma4-audio.ts';
import { qwen3Audio } from './qwen3-audio.ts';
import { qwen2Audio, ultravox, voxtral } from './whisper.ts';

export const audioFamilies: Partial<Readonly<Record<ProjectorType, AudioFamily>>> = {
  gemma4a: gemma4Audio,
  qwen2a: qwen2Audio,
  qwen3a: qwen3Audio,
  ultravox,
  voxtral,
};
