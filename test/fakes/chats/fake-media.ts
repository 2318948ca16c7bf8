import { createHash } from 'node:crypto';
import { OllamaError } from '../../../src/base/errors.ts';
import type { MediaPreparation } from '../../../src/inference/media/prepare-medium.ts';
import { formatOf, isAudio } from '../../../src/media/media-format.ts';
import type { MediaKind, PreparedPart } from '../../../src/protocol/media.ts';

/** Number of tokens that every picture and sound becomes, unless a limit is lower. */
const TOKENS_OF_MEDIUM = 4;

/** A picture that cannot be read, as base64. */
export const broken = Buffer.from('broken').toString('base64');

type Arguments = Parameters<MediaPreparation['prepare']>;

/** Prepares every medium as one piece whose data are its bytes, between two tags; nothing is decoded. */
export class FakeMedia implements MediaPreparation {
  /** What was to be prepared, in order. */
  readonly inputs: { readonly source: string; readonly limits: Arguments[2]['limits'] }[] = [];

  async prepare(...[{ field, source }, , { limits = {} }]: Arguments): Promise<readonly PreparedPart[]> {
    this.inputs.push({ source, limits });
    if (source === broken) throw new OllamaError('invalid-request', `"${field}": it is not a picture`);
    const data = Buffer.from(source, 'base64');
    const format = formatOf(data);
    const kind: MediaKind = format !== undefined && isAudio(format) ? 'audio' : 'image';
    const digest = createHash('sha256').update(data).digest('hex');
    const tokens = Math.min(TOKENS_OF_MEDIUM, limits.maxTokens ?? TOKENS_OF_MEDIUM);
    const piece = { kind, digest, width: data.length, height: 1, tokens, positions: tokens };
    return [{ text: `<${kind}>` }, { piece, data }, { text: `</${kind}>` }];
  }
}
