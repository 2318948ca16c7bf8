import { OllamaError } from '../../base/errors.ts';
import type { Bandwidth } from '../transport/bandwidth.ts';
import type { StallGuard } from '../transport/stall-guard.ts';
import { InterruptedError } from './download-retries.ts';
import type { ByteRange } from './part-plan.ts';

/** The registry sends bytes beyond the blob's end, so the bytes before cannot be trusted either. */
export class TooManyBytesError extends OllamaError {
  constructor(message: string) {
    super('upstream', message);
  }
}

/** Requests bytes of one file. */
export interface RangeReader {
  /**
   * Passes on exactly the bytes of a range, in order, waiting for `take` before it reads more.
   * @throws RangesIgnoredError; InterruptedError after fewer bytes, TooManyBytesError after more; OllamaError `upstream`
   *   for other failures
   */
  read(range: ByteRange, guard: StallGuard, take: TakeBytes): Promise<void>;
}

export type TakeBytes = (chunk: Uint8Array) => Promise<void>;

interface Reading {
  readonly range: ByteRange;
  /** Name of the file in messages. */
  readonly what: string;
  readonly guard: StallGuard;
  readonly bandwidth: Bandwidth;
}

/** Reads the body of a response that contains the range, within the bandwidth limit; throws as `RangeReader.read`. */
export async function takeRange(
  response: Response,
  { range, what, guard, bandwidth }: Reading,
  take: TakeBytes,
): Promise<void> {
  guard.heard();
  let position = range.start;
  for await (const chunk of response.body ?? []) {
    guard.heard();
    if (position + chunk.length > range.end) {
      const bytes = range.end - range.start;
      throw new TooManyBytesError(`the registry sent more than the ${bytes} bytes of ${what}`);
    }
    position += chunk.length;
    await take(chunk);
    await bandwidth.spend(chunk.length, guard.signal, () => guard.heard());
    guard.heard();
  }
  if (position < range.end) throw new InterruptedError('unexpected EOF');
}
