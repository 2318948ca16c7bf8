import { OllamaError } from '../../base/errors.ts';
import { GrowingBytes } from '../../base/growing-bytes.ts';

/**
 * Reads a small body completely. The limit counts decoded bytes, so a compression bomb is cut off while it expands.
 * @throws OllamaError `upstream` when the body is larger than `limit` bytes
 */
export async function readBounded(response: Response, limit: number, what: string): Promise<Uint8Array> {
  const bytes = new GrowingBytes();
  for await (const chunk of response.body ?? []) {
    if (bytes.length + chunk.length > limit) {
      throw new OllamaError('upstream', `${what} is larger than ${limit} bytes`);
    }
    bytes.add(chunk);
  }
  return bytes.written;
}

/** Reads the start of an error body, for a message; never fails. */
export async function readStart(response: Response, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > limit) break;
    }
  } catch {
    return text.trim();
  }
  return text.slice(0, limit).trim();
}

/** Releases the connection; an unread body would keep it open. */
export async function discardBody(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}
