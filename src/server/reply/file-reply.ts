import { Readable } from 'node:stream';
import { openRegularFile } from '../../base/regular-file.ts';

interface Span {
  readonly start: number;
  /** Offset of the last byte, inclusive. */
  readonly end: number;
}

/**
 * Sends a whole file, or the one span that a Range header asks for (RFC 9110, section 14). Several spans get the whole
 * file.
 * @throws OllamaError for anything but a regular file; system errors of `open`
 */
export async function fileReply(
  file: { readonly path: string; readonly size: number },
  range: string | undefined,
  { headers = {}, isHead = false }: { headers?: Readonly<Record<string, string>>; isHead?: boolean } = {},
): Promise<Response> {
  const span = range === undefined ? undefined : spanOf(range, file.size);
  if (span === 'unsatisfiable') {
    return new Response(null, { status: 416, headers: { 'Content-Range': `bytes */${file.size}` } });
  }
  const { start, end } = span ?? { start: 0, end: file.size - 1 };
  const hasBody = !isHead && end >= start;
  const handle = hasBody ? await openRegularFile(file.path) : undefined;
  const body = handle ? Readable.toWeb(handle.createReadStream({ start, end })) : null;
  return new Response(body as ReadableStream<Uint8Array> | null, {
    status: span ? 206 : 200,
    headers: {
      ...headers,
      'Accept-Ranges': 'bytes',
      'Content-Length': String(end - start + 1),
      'Content-Type': 'application/octet-stream',
      ...(span && { 'Content-Range': `bytes ${start}-${end}/${file.size}` }),
    },
  });
}

/** Parses a Range header. Returns undefined for an invalid header, which must be ignored. */
function spanOf(range: string, size: number): Span | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range.trim()) ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  return start < size && end >= start ? { start, end } : 'unsatisfiable';
}
