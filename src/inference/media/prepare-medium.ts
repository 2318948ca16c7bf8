import type { PreparedMedia } from '../../media/prepared-media.ts';
import type { PreparedPart } from '../../protocol/media.ts';
import type { Medium } from './medium.ts';

/**
 * Prepares one medium of a request, whose model and limits are known.
 * @throws OllamaError `invalid-request` naming the medium and what is wrong with it, `canceled`
 */
export type PrepareMedium = (medium: Medium) => Promise<readonly PreparedPart[]>;

/** Decodes media and lays them out as a model's projector wants them, somewhere else than on the event loop. */
export type MediaPreparation = Pick<PreparedMedia, 'prepare'>;
