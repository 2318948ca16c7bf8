/**
 * Refuses to run with libraries whose struct layouts differ from those in `structs.ts`. It checks the version, sizes,
 * defaults that would be in a different place if a field had moved, and that a struct arrives as it was passed.
 */
import koffi from 'koffi';
import { OllamaError } from '../../base/errors.ts';
import { GIB } from '../../base/units.ts';
import type { Bindings } from './bindings.ts';
import {
  batchType,
  contextParamsType,
  contextTypes,
  devicePropertiesType,
  initParamsType,
  modelParamsType,
  quantizeParamsType,
  splitModes,
  threadPoolParamsType,
} from './structs.ts';

interface Check {
  readonly what: string;
  readonly expected: unknown;
  readonly found: unknown;
}

function checks(bindings: Bindings): Check[] {
  const model = bindings.modelDefaultParams();
  const context = bindings.contextDefaultParams();
  const quantize = bindings.quantizeDefaultParams();
  return [
    { what: 'library version', expected: bindings.expectedVersion, found: bindings.version() },
    { what: 'size of llama_model_params', expected: 80, found: koffi.sizeof(modelParamsType) },
    { what: 'size of llama_context_params', expected: 160, found: koffi.sizeof(contextParamsType) },
    { what: 'size of llama_model_quantize_params', expected: 64, found: koffi.sizeof(quantizeParamsType) },
    { what: 'size of llama_batch', expected: 56, found: koffi.sizeof(batchType) },
    { what: 'offset of embd in llama_batch', expected: 16, found: koffi.offsetof(batchType, 'embd') },
    { what: 'size of ggml_threadpool_params', expected: 528, found: koffi.sizeof(threadPoolParamsType) },
    { what: 'size of ggml_backend_dev_props', expected: 56, found: koffi.sizeof(devicePropertiesType) },
    { what: 'size of ggml_init_params', expected: 24, found: koffi.sizeof(initParamsType) },
    { what: 'default n_ctx', expected: 512, found: context.n_ctx },
    { what: 'default n_batch', expected: 2048, found: context.n_batch },
    { what: 'default n_ubatch', expected: 512, found: context.n_ubatch },
    { what: 'default n_seq_max', expected: 1, found: context.n_seq_max },
    { what: 'default n_rs_seq', expected: 0, found: context.n_rs_seq },
    { what: 'default n_outputs_max_per_seq', expected: 1, found: context.n_outputs_max_per_seq },
    { what: 'default flash_attn_type', expected: -1, found: context.flash_attn_type },
    { what: 'default type_k', expected: 1, found: context.type_k },
    { what: 'default type_v', expected: 1, found: context.type_v },
    { what: 'default offload_kqv', expected: true, found: context.offload_kqv },
    { what: 'default op_offload', expected: true, found: context.op_offload },
    { what: 'default swa_full', expected: true, found: context.swa_full },
    { what: 'default devices', expected: null, found: model.devices },
    { what: 'default n_gpu_layers', expected: -1, found: model.n_gpu_layers },
    { what: 'default split_mode', expected: splitModes.layer, found: model.split_mode },
    { what: 'default tensor_buft_overrides', expected: null, found: model.tensor_buft_overrides },
    { what: 'default tensor_split', expected: null, found: model.tensor_split },
    { what: 'default use_extra_bufts', expected: true, found: model.use_extra_bufts },
    { what: 'default load_mtp', expected: false, found: model.load_mtp },
    { what: 'default ctx_type', expected: contextTypes.usual, found: context.ctx_type },
    { what: 'default ctx_other', expected: null, found: context.ctx_other },
    { what: 'default nthread', expected: 0, found: quantize.nthread },
    { what: 'default ftype', expected: 7, found: quantize.ftype },
    { what: 'default allow_requantize', expected: false, found: quantize.allow_requantize },
    { what: 'default quantize_output_tensor', expected: true, found: quantize.quantize_output_tensor },
    { what: 'default tt_overrides', expected: null, found: quantize.tt_overrides },
    { what: 'default max_buf_size', expected: 8 * GIB, found: Number(quantize.max_buf_size) },
  ];
}

/** A multiple of ggml's alignment, so that it is kept as it is. */
const POOL_BYTES = 4096;

/**
 * Passes a struct by value and asks what arrived. It has more than 16 bytes, as the batch has that `llama_decode` takes:
 * processors pass such structs in another way than small ones, on arm64 as the address of a copy.
 */
function argumentChecks(bindings: Bindings): Check[] {
  const pool = bindings.poolCreate({ mem_size: POOL_BYTES, mem_buffer: null, no_alloc: true });
  if (pool === null) return [{ what: 'result of ggml_init', expected: 'an address', found: null }];
  const checks = [
    { what: 'mem_size passed to ggml_init', expected: POOL_BYTES, found: Number(bindings.poolSize(pool)) },
    { what: 'no_alloc passed to ggml_init', expected: true, found: bindings.poolIsWithoutData(pool) },
  ];
  bindings.poolFree(pool);
  return checks;
}

/** @throws OllamaError `load-failed` naming everything that does not match */
export function selfTest(bindings: Bindings): void {
  const differs = ({ expected, found }: Check) => expected !== found;
  const wrong = checks(bindings).filter(differs);
  // A library whose layouts differ is not called with any of them.
  if (wrong.length === 0) wrong.push(...argumentChecks(bindings).filter(differs));
  if (wrong.length === 0) return;
  const details = wrong
    .map((check) => `${check.what} is ${check.found}, expected ${check.expected}`)
    .join('; ');
  throw new OllamaError(
    'load-failed',
    `the inference libraries do not match this program (${details}): run "npm ci" to install the pinned version`,
  );
}
