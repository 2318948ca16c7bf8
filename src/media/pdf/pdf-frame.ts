import { unusable } from '../unusable.ts';

/** Bytes in front of the signature: readers have always tolerated so many (ISO 32000, annex H of the first edition). */
const MAX_LEADING = 1024;
/** Bytes in which the end must be: readers ask for 1024, but some programs append more than that. */
const MAX_TRAILING = 64 * 1024;

/**
 * Whether the bytes begin and end like a PDF file. A reader repairs a truncated file by leaving out what is missing.
 * @throws OllamaError `invalid-request` for another file, and for a truncated one
 */
export function checkFrame(bytes: Uint8Array): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 0) throw unusable('the file is empty');
  if (file.subarray(0, MAX_LEADING).indexOf('%PDF-') < 0)
    throw unusable('the file is not a PDF file: send the text of other documents as text');
  if (file.subarray(-MAX_TRAILING).indexOf('startxref') < 0)
    throw unusable('the PDF file is truncated: its end is missing');
}
