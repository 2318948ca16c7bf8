import { setImmediate as nextTurn } from 'node:timers/promises';
import { OllamaError } from '../base/errors.ts';
import { MEDIA_PART_BYTES } from '../protocol/media.ts';
import type { MediaSource } from './runner.ts';

/**
 * Sends the data of a piece that a child asked for in parts, as base64, between which other frames pass.
 * @param source of the completion in whose name the child asks
 * @param isWanted whether that completion still runs
 * @throws OllamaError `invalid-request` without a source; whatever the source throws
 */
export async function answerMedia(
  digest: string,
  source: MediaSource | undefined,
  send: (part: string) => void,
  isWanted: () => boolean,
): Promise<void> {
  if (!source) throw new OllamaError('invalid-request', 'there is no data for the media of the request');
  const data = await source(digest);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at < bytes.length && isWanted(); at += MEDIA_PART_BYTES) {
    send(bytes.toString('base64', at, Math.min(at + MEDIA_PART_BYTES, bytes.length)));
    await nextTurn();
  }
}
