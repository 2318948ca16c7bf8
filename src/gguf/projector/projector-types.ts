/**
 * The names that `clip.projector_type` may have: tools/mtmd/clip-impl.h of the shipped llama.cpp. Those of speech output
 * are left out, because the engine has no use for them.
 */
const projectorTypes = [
  'mlp',
  'ldp',
  'ldpv2',
  'resampler',
  'adapter',
  'qwen2vl_merger',
  'qwen2.5vl_merger',
  'qwen3vl_merger',
  'step3vl',
  'gemma3',
  'gemma3nv',
  'gemma3na',
  'gemma4v',
  'gemma4a',
  'gemma4uv',
  'gemma4ua',
  'phi4',
  'idefics3',
  'pixtral',
  'ultravox',
  'internvl',
  'llama4',
  'qwen2a',
  'qwen3a',
  'glma',
  'voxtral',
  'meralion',
  'musicflamingo',
  'lfm2',
  'kimivl',
  'paddleocr',
  'lightonocr',
  'cogvlm',
  'janus_pro',
  'dots_ocr',
  'dots3note_v',
  'dots3note_a',
  'deepseekocr',
  'deepseekocr2',
  'deepseek4v',
  'lfm2a',
  'glm4v',
  'youtuvl',
  'yasa2',
  'kimik25',
  'nemotron_v2_vl',
  'exaone4_5',
  'hunyuanvl',
  'minicpmv4_6',
  'granite_speech',
  'mimovl',
  'minimax_m3',
  'granite4_vision',
  'mimo_audio',
  'parakeet',
  'muse-glimmer',
] as const;

export type ProjectorType = (typeof projectorTypes)[number];

const known: ReadonlySet<string> = new Set(projectorTypes);

/** Older files of Qwen2.5-Omni name one type for both encoders. */
const omniTypes: Readonly<Record<'vision' | 'audio', ProjectorType>> = {
  vision: 'qwen2.5vl_merger',
  audio: 'qwen2a',
};

/** @returns undefined when no encoder of llama.cpp has this name */
export function projectorType(name: string, sense: 'vision' | 'audio'): ProjectorType | undefined {
  if (name === 'qwen2.5o') return omniTypes[sense];
  return known.has(name) ? (name as ProjectorType) : undefined;
}
