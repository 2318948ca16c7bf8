/** A form with one large file, which is passed on as it arrives. */
import { Readable } from 'node:stream';
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

/**
 * Reads a form (multipart/form-data) whose file is the field "file".
 * @param keep takes the content of the file to its end, or throws
 * @throws OllamaError `invalid-request` for a form that is damaged or lacks the file; what `keep` throws
 */
export async function receiveUpload<Result>(
  context: RequestContext,
  keep: (filename: string, content: AsyncIterable<Uint8Array>) => Promise<Result>,
): Promise<Upload<Result>> {
  const type = context.req.header('Content-Type') ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new OllamaError('invalid-request', 'the content type must be multipart/form-data');
  }
  const parser = newParser(type);
  const fields = new Map<string, string>();
  let kept: Promise<Result> | undefined;
  parser.on('field', (name, value) => {
    if (!fields.has(name)) fields.set(name, value);
  });
  parser.on('file', (name, stream, filename) => {
    if (name !== 'file' || kept !== undefined) {
      stream.resume();
      return;
    }
    kept = keep(filename ?? '', stream);
    // What is left of a refused file is read no further.
    kept.catch((error: unknown) => parser.destroy(error instanceof Error ? error : undefined));
  });
  await feed(context, parser, () => kept);
  if (!kept) {
    throw new OllamaError(
      'invalid-request',
      'field "file" is required: send the content as a file of this name',
    );
  }
  return { fields: Object.fromEntries(fields), result: await kept };
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
    throw new OllamaError('invalid-request', `the form cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function feed(
  context: RequestContext,
  parser: Parser,
  kept: () => Promise<unknown> | undefined,
): Promise<void> {
  const incoming = context.env?.incoming;
  const source =
    incoming && !incoming.readableDidRead ? incoming : Readable.fromWeb(context.req.raw.body as never);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      source.unpipe(parser);
      source.pause();
      // The refusal of the file says more than that the parser ended.
      const refusal = kept() ?? Promise.resolve();
      const message = `the form cannot be read: ${messageOf(error)}`;
      refusal.then(() => reject(new OllamaError('invalid-request', message, { cause: error })), reject);
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
