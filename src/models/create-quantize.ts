import type { ProgressResponse } from '../api/common.ts';
import { OllamaError } from '../base/errors.ts';
import { type GgufFacts, ggufFacts } from '../gguf/facts.ts';
import { declaredFileType } from '../gguf/file-type.ts';
import { metadataNumber } from '../gguf/metadata.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { GgufFile } from '../gguf/types.ts';
import type { Digest } from '../names/digest.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import { isBlockType, sourceTypes, type TargetType } from '../quantize/target-type.ts';
import { isQuantized } from '../quantize/tensor-overrides.ts';
import type { BlobStore } from '../store/blob-store.ts';

export interface Weights {
  readonly digest: Digest;
  readonly facts: GgufFacts;
}

export interface QuantizedWeights extends Weights {
  /** True when the same blob already existed. */
  readonly existed: boolean;
}

export interface QuantizeContext {
  readonly blobs: BlobStore;
  readonly quantizer: Pick<Quantizer, 'quantize'> | undefined;
  readonly signal: AbortSignal | undefined;
  /** Whether weights that are quantized already may be converted again. */
  readonly requantize?: boolean;
  /** Whether the weights come straight from their original: tensors that are quantized there keep their type. */
  readonly isConverted?: boolean;
}

/**
 * Quantizes weights into a new blob.
 * @returns undefined when the weights already have the target type
 * @throws OllamaError `invalid-request` for weights that cannot be quantized, and the errors of the quantizer
 */
export async function* quantizeWeights(
  { digest, facts }: Weights,
  target: TargetType,
  { blobs, quantizer, signal, requantize = false, isConverted = false }: QuantizeContext,
): AsyncGenerator<ProgressResponse, QuantizedWeights | undefined> {
  const { fileType: sourceType } = facts;
  const path = await blobs.locate(digest);
  const file = await readGgufFile(path);
  // A file of floats may contain experts that were quantized from the start.
  const isOfFloats = [sourceType, declaredFileType(file)].some((type) => sourceTypes.includes(type ?? ''));
  if (!requantize && !isConverted && !isOfFloats) {
    throw refuse(`quantization is only supported for F16, BF16 and F32 models; this model is ${sourceType}`);
  }
  if (sourceType === target.name) return undefined;
  if (!quantizer) throw refuse('quantize: no quantizer is available: leave it out');
  refuseMisfit(file, facts, target, requantize);
  if (requantize && !sourceTypes.includes(sourceType)) {
    yield {
      status: `warning: ${sourceType} weights are rounded a second time: quantize the F16 model for better answers`,
    };
  }
  const { digest: made, existed } = yield* quantizer.quantize(
    { path, file, sourceType, target, blobs, ...(requantize && { converts: () => true }) },
    signal,
  );
  return { digest: made, existed, facts: ggufFacts(await readGgufFile(await blobs.locate(made))) };
}

/** @param requantizing whether tensors that are quantized already are converted, too */
function refuseMisfit(
  file: GgufFile,
  { architecture }: GgufFacts,
  target: TargetType,
  requantizing: boolean,
): void {
  const { metadata, tensors } = file;
  if ((metadataNumber(metadata, 'split.count') ?? 1) > 1) {
    throw refuse('quantize: the file is one of several shards: provide all of them');
  }
  const quantized = tensors.find(({ typeName }) => isQuantized(typeName));
  if (quantized && !requantizing && !isBlockType(target)) {
    throw refuse(
      `quantization is only supported for F16, BF16 and F32 models; tensor "${quantized.name}" is ${quantized.typeName}`,
    );
  }
  refuseWithoutExperts(file, architecture, target);
}

/** @throws OllamaError `invalid-request` for a type that is only for models with experts, and a model without them */
export function refuseWithoutExperts(
  { metadata }: Pick<GgufFile, 'metadata'>,
  architecture: string,
  target: TargetType,
): void {
  const experts = metadataNumber(metadata, `${architecture}.expert_count`) ?? 0;
  if (target.name === 'MXFP4' && experts < 2) {
    throw refuse('quantize: MXFP4 is only for models with experts: use Q4_K_M');
  }
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
