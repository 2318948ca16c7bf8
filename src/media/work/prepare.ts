import type { ProjectorFacts } from '../../gguf/projector-facts.ts';
import type { PreparedPart } from '../../protocol/media.ts';
import { decodeAudio } from '../audio/decode-audio.ts';
import { ENCODER_RATE } from '../audio/mel/families.ts';
import { resample } from '../audio/resample.ts';
import { decodeBase64 } from '../decode-base64.ts';
import { decodeImage } from '../image/decode-image.ts';
import { audioLayoutFor } from '../layouts/audio.ts';
import type { TokenLimits } from '../layouts/layout.ts';
import { layoutFor } from '../layouts/layout-for.ts';
import { isAudio, requireFormat } from '../media-format.ts';
import { unusable } from '../unusable.ts';

/** What a worker needs to know of a projector: everything but its tensors. */
export type ProjectorBrief = Omit<ProjectorFacts, 'tensors'>;

/** One picture or sound, and the projector that it is prepared for. Structured-clonable. */
export interface PrepareInput {
  /** The file in base64. */
  readonly source: string;
  readonly projector: ProjectorBrief;
  readonly limits: TokenLimits;
}

/**
 * Decodes a picture or sound and lays it out as a projector wants it. It takes up to seconds and, for the largest pictures,
 * half a gigabyte: only workers call it.
 * @throws OllamaError `invalid-request` saying what is wrong with the file
 */
export async function prepare({ source, projector, limits }: PrepareInput): Promise<PreparedPart[]> {
  const bytes = decodeBase64(source);
  const format = requireFormat(bytes);
  const facts = { ...projector, tensors: new Map() };
  if (isAudio(format)) {
    if (!projector.hasAudio) throw unusable('the file holds sound, and this model takes only pictures');
    const layout = audioLayoutFor(facts);
    const { samples } = resample(await decodeAudio(format, bytes), ENCODER_RATE);
    return layout.prepareSound(samples);
  }
  if (!projector.hasVision) throw unusable('the file holds a picture, and this model takes only sound');
  return layoutFor(facts).prepareImage(decodeImage(format, bytes), limits);
}
