import type { ProgressResponse } from '../api/common.ts';
import { OllamaError } from '../base/errors.ts';
import { unsupportedDraft, writesNoText } from '../gguf/drafting.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import { sourceTypes } from '../quantize/target-type.ts';
import { mediaTypes } from '../store/manifest.ts';
import { type CheckedFile, checkFile } from './create-files.ts';
import type { CreatePlan } from './create-plan.ts';
import { type QuantizeContext, quantizeWeights, type Weights } from './create-quantize.ts';
import type { LayerBuilder } from './layer-builder.ts';

/** llama.cpp's limit: models of one family pad their vocabularies to different sizes. */
const MAX_VOCABULARY_DIFFERENCE = 128;

/**
 * Replaces the draft model among the layers by that of the request, if it has one.
 * @returns the blob that is no longer needed once the model exists, because it was quantized; undefined = none
 * @throws OllamaError `invalid-request`, and the errors of the quantizer
 */
export async function* applyDraft(
  { draft: file, draftQuantize: target }: CreatePlan,
  weights: GgufFacts,
  layers: LayerBuilder,
  context: QuantizeContext,
): AsyncGenerator<ProgressResponse, CheckedFile['digest'] | undefined> {
  if (!file) return undefined;
  yield { status: 'parsing GGUF' };
  const checked = await checkFile(file, context.blobs, false);
  const { kind, fileType } = checked.facts;
  if (kind !== 'model') throw refuse(`draft_files: ${file.name} is not a model but of the kind "${kind}"`);
  const obstacle = writesNoText(checked.facts);
  if (obstacle !== undefined) throw refuse(`draft_files: ${file.name} cannot draft: ${obstacle}`);
  if (target && !context.isConverted && !sourceTypes.includes(fileType))
    throw refuse(`draft quantization requires an unquantized draft model, got ${fileType}`);
  const quantized = target && (yield* quantizeWeights(checked, target, context));
  if (quantized && !quantized.existed) layers.claim(quantized.digest);
  const draft: Weights = quantized ?? checked;
  layers.remove(mediaTypes.draft);
  await layers.addBlob(mediaTypes.draft, draft.digest);
  const problem = mismatch(checked.facts, weights);
  if (problem !== undefined) yield { status: `warning: the draft model will not be used: ${problem}` };
  return quantized ? checked.digest : undefined;
}

/** Says why a draft model cannot draft for these weights; undefined = it may. */
function mismatch(draft: GgufFacts, weights: GgufFacts): string | undefined {
  const { architecture, vocabularySize, targetWidth } = draft;
  if (Math.abs(vocabularySize - weights.vocabularySize) > MAX_VOCABULARY_DIFFERENCE)
    return `it has ${vocabularySize} tokens in its vocabulary instead of ${weights.vocabularySize}`;
  if (targetWidth !== undefined && targetWidth !== weights.embeddingLength)
    return `it was made for a model of width ${targetWidth}, not ${weights.embeddingLength}`;
  return unsupportedDraft(architecture);
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
