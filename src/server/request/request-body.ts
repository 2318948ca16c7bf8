import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { IgnoredParts } from '../../api/ignored-parts.ts';
import { decodeJson } from '../../api/json-body.ts';
import { MAX_JSON_PARTS, measureJson } from '../../api/json-shape.ts';
import { parseLongRequest } from '../../api/long-request.ts';
import { parseRequest, type RequestSchema } from '../../api/parse-request.ts';
import { OllamaError } from '../../base/errors.ts';
import { GrowingBytes } from '../../base/growing-bytes.ts';
import { KIB, MIB } from '../../base/units.ts';
import { ignoresKeepAlive } from '../../inference/caller-rights.ts';
import { noteSubject } from '../audit/audit-note.ts';
import { ignoredHeader } from '../reply/run-headers.ts';
import type { RequestContext } from '../server-parts.ts';
import { turns } from '../turns.ts';
import { heldBytes } from './held-bytes.ts';

/** Maximum size of a body in bytes, by its content. Weights are uploaded as blobs, which have no such limit. */
export const bodyLimits = {
  /** Enough for a few dozen photographs in base64. */
  conversation: 64 * MIB,
  /** Far more text than fits into any context; also enough for the licences and templates of a new model. */
  texts: 16 * MIB,
  /** Names and a few settings. */
  names: MIB,
} as const;

export interface ReceivedRequest<Request> {
  readonly request: Request;
  /** The ignored fields, to which a route adds what it leaves out. */
  readonly ignored: IgnoredParts;
  /** Reply headers that list the ignored fields, if there are any. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Reads and checks a JSON body.
 * @param maxBytes one of `bodyLimits`
 * @param maxParts keys, values and separators, where a request needs fewer than any other
 * @throws OllamaError `invalid-request`, `too-large`
 */
export async function receiveRequest<S extends RequestSchema>(
  context: RequestContext,
  schema: S,
  maxBytes: number,
  maxParts = MAX_JSON_PARTS,
): Promise<ReceivedRequest<z.output<S>>> {
  const bytes = await readEncoded(context, maxBytes);
  const parsed = await parseBody(bytes, schema, maxParts);
  noteSubject(context, parsed.request);
  const ignored = new IgnoredParts(parsed.ignored);
  if (ignoresKeepAlive(parsed.request, context.get('key'))) ignored.add('keep_alive');
  return { request: parsed.request, ignored, headers: ignoredHeader(ignored) };
}

/** A body of more bytes or parts is parsed in several turns of the event loop; a smaller one takes a few milliseconds. */
const LARGE_BYTES = MIB;
const LARGE_PARTS = 10_000;

async function parseBody<S extends RequestSchema>(bytes: Uint8Array, schema: S, maxParts: number) {
  const isLong = bytes.length > LARGE_BYTES;
  if (isLong) await turns.next();
  const shape = measureJson(bytes, maxParts);
  if (!isLong && shape.parts <= LARGE_PARTS) return parseRequest(schema, decodeJson(bytes, shape));
  await turns.next();
  const body = decodeJson(bytes, shape);
  const parsed = await parseLongRequest(schema, body, () => turns.next());
  // What the route computes from the request is another piece.
  await turns.next();
  return parsed;
}

async function readEncoded(context: RequestContext, maxBytes: number): Promise<Uint8Array> {
  const encoding = context.req.raw.headers.get('Content-Encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    const message = `content encoding ${JSON.stringify(encoding)} is not supported: send the body as it is`;
    throw new OllamaError('invalid-request', message, { status: UNSUPPORTED_MEDIA_TYPE });
  }
  return readBytes(context, maxBytes);
}

/**
 * A body that says it is shorter is gathered by the HTTP library, which keeps a sender's pieces, however small, until it
 * has all. Others are gathered into one buffer.
 */
const SHORT_BYTES = 64 * KIB;

/** Reads a body of at most `maxBytes`. @throws OllamaError `too-large` */
export async function readBytes(context: RequestContext, maxBytes: number): Promise<Uint8Array> {
  const { raw: request } = context.req;
  const declared = request.headers.get('Content-Length');
  if (declared !== null && Number(declared) > maxBytes) throw tooLarge(maxBytes);
  const incoming = context.env?.incoming;
  if (declared !== null && Number(declared) <= SHORT_BYTES) return readShort(request, incoming);
  const bytes = new GrowingBytes();
  const hold = heldBytes.ofRequest(context.env?.outgoing, context.get('key'));
  let held = 0;
  const add = (chunk: Uint8Array) => {
    if (bytes.length + chunk.length > maxBytes) throw tooLarge(maxBytes);
    bytes.add(chunk);
    if (bytes.length < held) return;
    hold(HELD_STEP_BYTES);
    held += HELD_STEP_BYTES;
  };
  if (incoming && !incoming.readableDidRead) await readIncoming(incoming, add);
  else for await (const chunk of request.body ?? []) add(chunk);
  return bytes.written;
}

/** Bytes that are counted at once while a long body arrives. */
const HELD_STEP_BYTES = MIB;

async function readShort(request: Request, incoming: IncomingMessage | undefined): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (error) {
    if (incoming?.destroyed) throw endedEarly(error);
    throw error;
  }
}

/** The client has left, which Node reports as an error of the connection. */
function endedEarly(cause?: unknown): OllamaError {
  return new OllamaError('canceled', 'the request body ended early', { cause });
}

/** Passes on the chunks as they come, which takes half the time of a web stream. */
function readIncoming(incoming: IncomingMessage, add: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (incoming.destroyed && !incoming.readableEnded) {
      reject(endedEarly());
      return;
    }
    const listeners: Record<string, (value: Uint8Array & Error) => void> = {
      data: (chunk) => {
        try {
          add(chunk);
        } catch (error) {
          end(() => reject(error));
        }
      },
      end: () => end(resolve),
      error: (error) => end(() => reject(endedEarly(error))),
      close: () => end(() => reject(endedEarly())),
    };
    const end = (settle: () => void) => {
      for (const [event, listener] of Object.entries(listeners)) incoming.off(event, listener);
      // What is left of a refused body is not read.
      incoming.pause();
      settle();
    };
    for (const [event, listener] of Object.entries(listeners)) incoming.on(event, listener);
  });
}

const UNSUPPORTED_MEDIA_TYPE = 415;

function tooLarge(maxBytes: number): OllamaError {
  return new OllamaError('too-large', `the request body is larger than ${maxBytes} bytes`);
}
