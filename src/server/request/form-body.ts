import { messageOf, OllamaError } from '../../base/errors.ts';
import type { RequestContext } from '../server-parts.ts';
import { readBytes } from './request-body.ts';

/** Fields of a form besides its file; forms of this API have fewer than ten. */
const MAX_FIELDS = 100;

export interface ReceivedForm {
  /** The first value of each field that is a text. */
  readonly fields: Readonly<Record<string, string>>;
  /** The content of the field named "file"; absent = there is none. */
  readonly file?: Uint8Array;
}

/**
 * Reads a form (multipart/form-data) with one file.
 * @throws OllamaError `invalid-request`, `too-large`
 */
export async function receiveForm(context: RequestContext, maxBytes: number): Promise<ReceivedForm> {
  const type = context.req.raw.headers.get('Content-Type') ?? '';
  const bytes = await readBytes(context, maxBytes);
  // Before they are parsed: parsing a few hundred thousand would stop the server for a second.
  if (hasMoreParts(bytes, type, MAX_FIELDS)) throw tooManyFields();
  const form = await parse(bytes, type);
  const fields: Record<string, string> = {};
  let file: Uint8Array | undefined;
  for (const [name, value] of form) {
    if (typeof value !== 'string') {
      if (name === 'file') file ??= new Uint8Array(await value.arrayBuffer());
    } else if (!Object.hasOwn(fields, name) && name !== '__proto__') fields[name] = value;
  }
  return { fields, ...(file && { file }) };
}

/** Whether a form has more parts than so many. The first boundary needs no line break before it, and the last ends the form. */
function hasMoreParts(bytes: Uint8Array, type: string, most: number): boolean {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (!boundary) return false;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sign = Buffer.from(`--${boundary}`, 'latin1');
  let at = text.indexOf(sign);
  for (let parts = 0; parts <= most && at >= 0; parts += 1) at = text.indexOf(sign, at + sign.length);
  return at >= 0;
}

async function parse(bytes: Uint8Array, type: string): Promise<FormData> {
  if (!/^multipart\/form-data\b/i.test(type))
    throw refuse('failed to parse multipart form: the content type must be multipart/form-data');
  try {
    return await new Response(new Uint8Array(bytes), { headers: { 'Content-Type': type } }).formData();
  } catch (error) {
    throw new OllamaError('invalid-request', `failed to parse multipart form: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function tooManyFields(): OllamaError {
  return refuse(`the form has more than ${MAX_FIELDS} fields`);
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
