/** Which file builds which type of `clip.projector_type`. */
import type { ProjectorType } from '../../gguf/projector/projector-types.ts';
import { cogvlm } from './cogvlm.ts';
import type { VisionFamily } from './encoder.ts';
import { gemma4v } from './gemma4v.ts';
import { internvl, nemotron } from './internvl.ts';
import { kimivl } from './kimivl.ts';
import { llama4 } from './llama4.ts';
import { glmEdge, ldp, ldpv2, llavaMlp } from './llava.ts';
import { minicpmv } from './minicpmv.ts';
import { dotsOcr, paddleocr } from './ocr.ts';
import { pixtral } from './pixtral.ts';
import { deepseekocr } from './sam/deepseekocr.ts';
import { gemma3, idefics3, janusPro, lfm2, phi4 } from './siglip.ts';
import { glm4v } from './squares/glm4v.ts';
import { qwen2vl, qwen3vl, qwen25vl } from './squares/qwen-vl.ts';

export const visionFamilies: Partial<Readonly<Record<ProjectorType, VisionFamily>>> = {
  adapter: glmEdge,
  cogvlm,
  deepseekocr,
  dots_ocr: dotsOcr,
  gemma3,
  gemma4v,
  glm4v,
  idefics3,
  internvl,
  janus_pro: janusPro,
  kimivl,
  ldp,
  ldpv2,
  lfm2,
  lightonocr: pixtral,
  llama4,
  mlp: llavaMlp,
  nemotron_v2_vl: nemotron,
  paddleocr,
  phi4,
  pixtral,
  qwen2vl_merger: qwen2vl,
  'qwen2.5vl_merger': qwen25vl,
  qwen3vl_merger: qwen3vl,
  resampler: minicpmv,
};
