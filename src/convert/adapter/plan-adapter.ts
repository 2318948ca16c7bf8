import type { GgufValue } from '../../gguf/types.ts';
import type { ConvertPlan, OutputType } from '../plan/convert-plan.ts';
import type { TensorJob } from '../plan/tensor-job.ts';
import { withReadableMessages } from '../readable-messages.ts';
import type { SourceFile } from '../source-file.ts';
import { tensorShape } from '../tensors/describe-tensor-data.ts';
import type { TensorData } from '../tensors/tensor-data.ts';
import { withOneAlpha } from './adapter-alpha.ts';
import { type BaseModel, readBaseModel } from './base-model.ts';
import { checkFactors } from './check-factors.ts';
import { findFamily } from './find-family.ts';
import { type PlacedFactors, placeModules } from './place-modules.ts';
import { readAdapter } from './read-adapter.ts';
import { refusal } from './refuse.ts';

export interface AdapterTarget {
  /** GGUF file of the model that the adapter changes; its header is enough. */
  readonly basePath: string;
  /** `auto` is F32, as in llama.cpp's converter: factors are small, and rounding them saves little. */
  readonly type: OutputType;
}

/** `ggml_type` numbers. */
const types = { auto: 0, F32: 0, F16: 1, BF16: 30, Q8_0: 8 } as const;
/** Elements of a block of Q8_0, which rows must be multiples of; others become F16, as in llama.cpp's converter. */
const BLOCK = 32;
/** Version of the layouts of quantized types (`GGML_QNT_VERSION`), which the reference states in every file. */
const QUANTIZATION_VERSION = 2;

/**
 * Plans the conversion of an adapter in safetensors to a GGUF file of type `adapter`.
 * @throws OllamaError `invalid-request` when it cannot be converted, or does not fit the base model
 */
export function planAdapter(files: readonly SourceFile[], target: AdapterTarget): Promise<ConvertPlan> {
  return withReadableMessages(() => planFactors(files, target));
}

async function planFactors(files: readonly SourceFile[], target: AdapterTarget): Promise<ConvertPlan> {
  const contents = await readAdapter(files);
  const base = await readBaseModel(target.basePath);
  const family = findFamily(contents, base);
  const { alpha, modules } = withOneAlpha(contents.modules);
  const factors = placeModules(modules, family, base.config.optionalInteger('num_local_experts') ?? 0);
  checkAll(factors, base);
  return {
    metadata: metadata(base.architecture, alpha),
    tensors: factors.flatMap(({ target: name, a, b }) => [
      tensorJob(`${name}.lora_a`, a, target.type),
      tensorJob(`${name}.lora_b`, b, target.type),
    ]),
    report: { source: contents.format, dropped: contents.dropped, warnings: [], parameters: {} },
  };
}

function checkAll(factors: readonly PlacedFactors[], base: BaseModel): void {
  const modules = new Map<string, string>();
  for (const one of factors) {
    const other = modules.get(one.target);
    if (other !== undefined)
      throw refusal(`the adapter changes ${one.target} twice: as "${other}" and as "${one.module}"`);
    modules.set(one.target, one.module);
    checkFactors(one, base);
  }
}

/** The keys of llama.cpp's converter, in its order. */
function metadata(architecture: string, alpha: number): [string, GgufValue][] {
  return [
    ['general.architecture', { type: 'string', value: architecture }],
    ['general.type', { type: 'string', value: 'adapter' }],
    ['adapter.type', { type: 'string', value: 'lora' }],
    ['adapter.lora.alpha', { type: 'f32', value: alpha }],
    ['general.quantization_version', { type: 'u32', value: QUANTIZATION_VERSION }],
  ];
}

function tensorJob(name: string, data: TensorData, type: OutputType): TensorJob {
  const shape = tensorShape(data).toReversed();
  const isWhole = type !== 'Q8_0' || (shape[0] ?? 0) % BLOCK === 0;
  return { name, shape, type: types[isWhole ? type : 'F16'], data };
}
