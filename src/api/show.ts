import { z } from 'zod';
import type { Capability, Message, ModelDetails } from './common.ts';
import { optionsSchema } from './options/options.ts';
import { requestObject } from './request-object.ts';
import type { SlowTypeNote } from './type-speeds.ts';

/** POST /api/show */
export const showRequestSchema = requestObject({
  model: z.string().exactOptional(),
  name: z.string().exactOptional(),
  system: z.string().exactOptional(),
  /** Accepted and ignored. */
  template: z.string().exactOptional(),
  verbose: z.boolean().exactOptional(),
  options: optionsSchema.exactOptional(),
  /** Report whether the type of the weights is slow here (not in Ollama's API). */
  speed: z.boolean().exactOptional(),
});

export type ShowRequest = z.infer<typeof showRequestSchema>;

/** A part of a model that was converted from safetensors. */
export interface ImportedPart {
  part: 'model' | 'adapter' | 'draft';
  /** Class of the original, such as "LlamaForCausalLM"; for an adapter "PEFT" or "MLX". */
  source: string;
  /** Type that it was converted to, such as "BF16". */
  type: string;
  /** Version of the program that converted it. */
  converter: string;
  /** What was left out. */
  dropped: string[];
  /** What is wrong with its values, such as NaN; absent = nothing. */
  warnings?: string[];
}

interface ShowTensor {
  name: string;
  type: string;
  shape: number[];
}

export interface ShowResponse {
  license?: string;
  modelfile?: string;
  parameters?: string;
  template?: string;
  system?: string;
  renderer?: string;
  parser?: string;
  details: ModelDetails;
  messages?: Message[];
  /** The model's name at the server that answers for it, and that server. */
  remote_model?: string;
  remote_host?: string;
  model_info: Record<string, unknown>;
  projector_info?: Record<string, unknown>;
  tensors?: ShowTensor[];
  capabilities?: Capability[];
  /** RFC 3339. */
  modified_at: string;
  requires?: string;
  /** Only with `verbose`, and only if a part was converted from safetensors (not in Ollama's API). */
  imported?: ImportedPart[];
  /** Only on request, and only if the type is slow on the server's processor. */
  speed?: SlowTypeNote;
}
