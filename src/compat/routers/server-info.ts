/** SGLang's `/server_info` and `/model_info` (0.5.23, `entrypoints/http_server.py`): what routers read of them. */
import type { Capability } from '../../api/common.ts';

/** A model as routers are told of it. */
export interface RouterModel {
  readonly name: string;
  readonly architecture: string;
  readonly capabilities: readonly Capability[];
  /** Tokens in one context; that of the loaded model if it is loaded. */
  readonly contextLength: number;
  /** Requests that it works on at once; 0 = it is not loaded. */
  readonly slots: number;
}

export interface RouterServer {
  readonly version: string;
  /** Tokens in a block of the events about the KV cache. */
  readonly blockSize: number;
}

/** @param model undefined = there is none, or not one that would be meant */
export function serverInfo({ version, blockSize }: RouterServer, model: RouterModel | undefined): object {
  return {
    version,
    ...names(model),
    tp_size: 1,
    dp_size: 1,
    pp_size: 1,
    disaggregation_mode: 'null',
    is_embedding: model !== undefined && !isGenerating(model),
    page_size: blockSize,
    block_size: blockSize,
    ...(model && {
      context_length: model.contextLength,
      max_total_num_tokens: model.contextLength * model.slots,
      max_total_tokens: model.contextLength * model.slots,
      max_running_requests: model.slots,
    }),
  };
}

export function modelInfo(model: RouterModel | undefined): object {
  return {
    ...names(model),
    tokenizer_path: model?.name ?? null,
    is_generation: model === undefined || isGenerating(model),
    preferred_sampling_params: null,
    weight_version: 'default',
    has_image_understanding: model?.capabilities.includes('vision') ?? false,
    has_audio_understanding: model?.capabilities.includes('audio') ?? false,
    model_type: model?.architecture ?? null,
    architectures: model ? [model.architecture] : null,
  };
}

/** Paths of files are nobody's business, so that the name stands for them. */
function names(model: RouterModel | undefined): object {
  const name = model?.name ?? null;
  return { model_path: name, served_model_name: name, model_id: name };
}

function isGenerating({ capabilities }: RouterModel): boolean {
  return capabilities.includes('completion');
}
