import { OllamaError, throwIfCanceled } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';

/** The server's maximum request size. A prompt of this size is far longer than any context. */
const MAX_BYTES = 64 * MIB;

/**
 * Reads piped input to its end.
 * @throws OllamaError `too-large`, `canceled`
 */
export async function readPiped(stdin: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  const stop = () => stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.length;
      if (size > MAX_BYTES)
        throw new OllamaError('too-large', `the prompt is larger than ${MAX_BYTES} bytes`);
      chunks.push(bytes);
    }
  } catch (error) {
    throwIfCanceled(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  throwIfCanceled(signal);
  return Buffer.concat(chunks).toString('utf8');
}
