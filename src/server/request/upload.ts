/** A form with one large file, which is passed on as it arrives. */
import { PassThrough, Readable } from 'node:stream';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';

import { messageOf, OllamaError } from '../../base/errors.ts';
import { KIB } from '../../base/units.ts';
import type { RequestContext } from '../server-parts.ts';

/** Fields beside the file; forms of this API have fewer than ten. */
const MAX_FIELDS = 20;
const MAX_FIELD_BYTES = 4 * KIB;
const MAX_NAME_BYTES = 256;
const MAX_HEADER_PAIRS = 20;

export interface Upload<Result> {
  /** The first value of each field. */
  readonly fields: Readonly<Record<string, string>>;
  /** What became of the file. */
  readonly result: Result;
}

/** What becomes of the file of a form. */
export interface UploadTarget<Result> {
  /** Takes the content of the file to its end, or throws. */
  keep(filename: string, content: AsyncIterable<Uint8Array>): Promise<Result>;
  /** Removes what was kept: the form turned out to be damaged behind the file. */
  discard(result: Result): Promise<void>;
}

/**
 * Reads a form (multipart/form-data) whose file is the field "file".
 * @throws OllamaError `invalid-request` for a form that is damaged or lacks the file, `canceled`; what `target` throws
 */
export async function receiveUpload<Result>(
  context: RequestContext,
  target: UploadTarget<Result>,
): Promise<Upload<Result>> {
  const type = context.req.header('Content-Type') ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new OllamaError('invalid-request', 'the content type must be multipart/form-data');
  }
  const parser = newParser(type);
  const fields = new Map<string, string>();
  const files: { content: PassThrough; kept: Promise<Result> }[] = [];
  parser.on('field', (name, value) => {
    if (!fields.has(name)) fields.set(name, value);
  });
  parser.on('file', (name, stream, filename) => {
    if (name !== 'file' || files.length > 0) {
      stream.on('error', () => undefined).resume();
      return;
    }
    // Whoever keeps the file may not read yet when the form turns out to be damaged.
    const content = new PassThrough().on('error', () => undefined);
    stream.on('error', (error) => content.destroy(damaged(error))).pipe(content);
    const kept = target.keep(filename ?? '', content);
    files.push({ content, kept });
    // What is left of a refused file is read no further.
    kept.catch((error: unknown) => parser.emit('error', error));
  });
  try {
    await feed(context, parser);
  } catch (error) {
    for (const { content } of files) content.destroy(damaged(error));
    for (const { kept } of files) await target.discard(await kept);
    throw damaged(error);
  }
  const [file] = files;
  if (file) return { fields: Object.fromEntries(fields), result: await file.kept };
  throw new OllamaError(
    'invalid-request',
    'field "file" is required: send the content as a file of this name',
  );
}

function damaged(error: unknown): OllamaError {
  if (error instanceof OllamaError) return error;
  return new OllamaError('invalid-request', `the form cannot be read: ${messageOf(error)}`, { cause: error });
}

type Parser = ReturnType<typeof Busboy>;

function newParser(type: string): Parser {
  try {
    return new Busboy({
      headers: { 'content-type': type } as BusboyHeaders,
      limits: {
        fields: MAX_FIELDS,
        fieldSize: MAX_FIELD_BYTES,
        fieldNameSize: MAX_NAME_BYTES,
        files: 1,
        parts: MAX_FIELDS,
        headerPairs: MAX_HEADER_PAIRS,
      },
    });
  } catch (error) {
    throw damaged(error);
  }
}

/** Resolves when the parser has everything. */
function feed(context: RequestContext, parser: Parser): Promise<void> {
  const incoming = context.env?.incoming;
  const source =
    incoming && !incoming.readableDidRead ? incoming : Readable.fromWeb(context.req.raw.body as never);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      source.unpipe(parser);
      source.pause();
      reject(error);
    };
    parser.on('finish', resolve);
    parser.on('error', fail);
    source.on('error', fail);
    source.on('close', () => {
      if (!source.readableEnded) fail(new OllamaError('canceled', 'the request body ended early'));
    });
    source.pipe(parser);
  });
}
