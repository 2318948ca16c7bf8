import type { z } from 'zod';
import { decodeJson } from '../../api/json-body.ts';
import { parseRequest } from '../../api/parse-request.ts';
import type { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import type { RequestContext } from '../server-parts.ts';

/** Maximum size of a body in bytes, by its content. Weights are uploaded as blobs, which have no such limit. */
export const bodyLimits = {
  /** Enough for a few dozen photographs in base64. */
  conversation: 64 * MIB,
  /** Far more text than fits into any context; also enough for the licences and templates of a new model. */
  texts: 16 * MIB,
  /** Names and a few settings. */
  names: MIB,
} as const;

type Schema = ReturnType<typeof requestObject<z.ZodRawShape>>;

export interface ReceivedRequest<Request> {
  readonly request: Request;
  /** Reply headers that list ignored fields, if there are any. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Reads and checks a JSON body.
 * @param maxBytes one of `bodyLimits`
 * @throws OllamaError `invalid-request`, `too-large`
 */
export async function receiveRequest<S extends Schema>(
  context: RequestContext,
  schema: S,
  maxBytes: number,
): Promise<ReceivedRequest<z.output<S>>> {
  const body = await readText(context.req.raw, maxBytes);
  const { request, ignored } = parseRequest(schema, decodeJson(body));
  return { request, headers: ignored.length > 0 ? { 'X-Ollama-Ignored': headerList(ignored) } : {} };
}

/** Joins names with commas. Header values must be visible ASCII, so other characters and commas become "?". */
function headerList(names: readonly string[]): string {
  return names.map((name) => name.replace(/[^!-+\--~]/g, '?')).join(', ');
}

/** Refuses invalid UTF-8, because replacing the damaged bytes would silently lose text. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

async function readText(request: Request, maxBytes: number): Promise<string> {
  const encoding = request.headers.get('Content-Encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    const message = `content encoding ${JSON.stringify(encoding)} is not supported: send the body as it is`;
    throw new OllamaError('invalid-request', message, { status: UNSUPPORTED_MEDIA_TYPE });
  }
  try {
    return decoder.decode(await readBytes(request, maxBytes));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new OllamaError('invalid-request', 'the request body is not valid UTF-8', { cause: error });
  }
}

/** Reads a body of at most `maxBytes`. @throws OllamaError `too-large` */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get('Content-Length');
  if (declared !== null) {
    if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
    return new Uint8Array(await request.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const UNSUPPORTED_MEDIA_TYPE = 415;

function tooLarge(maxBytes: number): OllamaError {
  return new OllamaError('too-large', `the request body is larger than ${maxBytes} bytes`);
}
