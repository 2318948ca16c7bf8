import { OllamaError } from '../../base/errors.ts';
import type { TokenLimits } from '../../media/layouts/layout.ts';
import type { MediaOrder } from '../../media/work/media-work.ts';
import type { Model } from '../../models/model.ts';
import type { Medium } from './medium.ts';
import type { MediaPreparation } from './prepare-medium.ts';
import { RequestMedia } from './request-media.ts';

/**
 * The media of one request on a model.
 * @param preparation absent = no request may have any
 */
export function requestMedia(
  preparation: MediaPreparation | undefined,
  { projector }: Pick<Model, 'projector'>,
  order: MediaOrder & { readonly limits: TokenLimits },
): RequestMedia {
  const files = new Map<Medium, { readonly field: string; readonly source: string }>();
  const prepare = async (medium: Medium) => {
    if (!projector || !preparation)
      throw new OllamaError('internal', 'nothing here prepares pictures and sounds');
    const file = files.get(medium) ?? { field: medium.place, source: medium.data };
    files.set(medium, file);
    return preparation.prepare(file, projector.facts, order);
  };
  return new RequestMedia(prepare, order.salt);
}
