/** Sends one request to one upstream. */
import type { Clock } from '../../base/clock.ts';
import { OllamaError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';
import type { TraceContext } from '../../runs/trace-context.ts';
import type { AnswerPart, UpstreamCall } from '../dialects/dialect.ts';
import { errorText } from '../dialects/reported-error.ts';
import type { UpstreamState } from '../routing/upstream-state.ts';
import type { UpstreamReply } from '../transport/connection.ts';
import { KeyMask } from '../transport/key-mask.ts';
import { replyObject } from '../transport/reply-json.ts';
import { connectionFailure, type Failure, statusFailure } from '../transport/upstream-errors.ts';
import { answerParts } from './answer-stream.ts';
import { dialects } from './dialects.ts';
import { maskedParts } from './masked-parts.ts';
import { SilenceTimer } from './silence-timer.ts';

/** An error document is a few hundred bytes; the rest of a page of HTML says nothing more. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Vectors of one request. */
const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;

const OK = 200;
const UNAUTHORIZED = 401;

export interface AskParts {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly trace?: TraceContext | undefined;
}

/** An answer that has begun, or why there is none. */
export type Asked<Result> = { readonly result: Result } | { readonly failure: Failure };

export interface BegunAnswer {
  readonly first: AnswerPart;
  /** The further pieces. */
  readonly rest: AsyncGenerator<AnswerPart, void, undefined>;
  /** Parts of the request that the upstream says it ignores. */
  readonly ignored: readonly string[];
  /** Ends the request, wherever it is. */
  readonly stop: () => void;
}

/**
 * Asks for an answer, and returns when its first piece is there.
 * @throws OllamaError `canceled` when the signal aborts
 */
export function askForAnswer(
  state: UpstreamState,
  call: UpstreamCall,
  parts: AskParts,
): Promise<Asked<BegunAnswer>> {
  return attempt(state, call, parts, async (reply, { timer, abort, mask, release }) => {
    requireFraming(reply, call);
    const stream = answerParts(reply, { framing: call.framing, reader: call.reader(), timer });
    const masked = maskedParts(stream, mask);
    const rest = namingUpstream(masked, state.name, { timer, mask, release, signal: parts.signal });
    const first = await rest.next();
    if (first.done) throw new OllamaError('upstream', 'it sent an empty answer', { status: 502 });
    return {
      first: first.value,
      rest,
      ignored: ignoredBy(reply).map((part) => mask.text(part)),
      stop: () => abort.abort(),
    };
  });
}

/** Asks for a document, such as one with vectors. */
export function askForDocument(
  state: UpstreamState,
  call: Pick<UpstreamCall, 'path' | 'body'>,
  parts: AskParts,
): Promise<Asked<JsonObject>> {
  return attempt(state, call, parts, async (reply, { timer, release }) => {
    const bytes = await boundedBody(reply, MAX_DOCUMENT_BYTES);
    timer.stop();
    release();
    if (!bytes) {
      throw new OllamaError('upstream', `it sent more than ${MAX_DOCUMENT_BYTES} bytes`, { status: 502 });
    }
    return replyObject(bytes);
  });
}

interface AttemptRun {
  readonly timer: SilenceTimer;
  readonly abort: AbortController;
  readonly mask: KeyMask;
  /** Stops following the signal of the caller, which may live on. Call it when the reply has been read. */
  readonly release: () => void;
}

async function attempt<Result>(
  state: UpstreamState,
  { path, body }: Pick<UpstreamCall, 'path' | 'body'>,
  { signal, clock, userAgent, trace }: AskParts,
  read: (reply: UpstreamReply, run: AttemptRun) => Promise<Result>,
): Promise<Asked<Result>> {
  const { settings, connection, name } = state;
  const abort = new AbortController();
  const leave = () => abort.abort(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  const release = () => signal.removeEventListener('abort', leave);
  if (signal.aborted) leave();
  const timer = new SilenceTimer(settings, clock, abort);
  let mask = new KeyMask('');
  try {
    const key = await state.key.get();
    mask = new KeyMask(key ?? '');
    const reply = await connection.send({
      path,
      headers: {
        'user-agent': userAgent,
        ...dialects[settings.kind].headers(key),
        ...traceHeaders(trace),
      },
      body: JSON.stringify(body),
      signal: abort.signal,
    });
    if (reply.status !== OK) {
      if (reply.status === UNAUTHORIZED) state.key.forget();
      const text = mask.cutText(await refusalText(reply));
      timer.stop();
      release();
      const retryAfter = reply.headers['retry-after'];
      const refused = { status: reply.status, text, retryAfter: retryAfter?.toString() };
      return { failure: statusFailure(name, refused, clock.date()) };
    }
    return { result: await read(reply, { timer, abort, mask, release }) };
  } catch (error) {
    timer.stop();
    release();
    // Whatever is left of the reply would keep its connection.
    abort.abort();
    if (signal.aborted) throw new OllamaError('canceled', 'request canceled');
    return { failure: connectionFailure(name, timer.reason ?? mask.error(error)) };
  }
}

/** The same pieces, with errors that name the upstream. */
async function* namingUpstream(
  parts: AsyncGenerator<AnswerPart, void, undefined>,
  name: string,
  {
    timer,
    mask,
    release,
    signal,
  }: Pick<AttemptRun, 'timer' | 'mask' | 'release'> & { readonly signal: AbortSignal },
): AsyncGenerator<AnswerPart, void, undefined> {
  try {
    yield* parts;
  } catch (error) {
    if (signal.aborted) throw new OllamaError('canceled', 'request canceled');
    throw connectionFailure(name, timer.reason ?? mask.error(error)).error;
  } finally {
    release();
  }
}

function requireFraming({ headers }: UpstreamReply, { framing }: UpstreamCall): void {
  const type = String(headers['content-type'] ?? '');
  if (headers['content-encoding'] !== undefined) {
    throw new OllamaError('upstream', 'it compresses its stream, which nobody asked for', { status: 502 });
  }
  if (framing === 'lines' || type.startsWith('text/event-stream')) return;
  const shown = /^[\w.+/-]{1,60}/.exec(type)?.[0] ?? 'no type';
  throw new OllamaError('upstream', `it answered with ${shown}, not with a stream of events`, {
    status: 502,
  });
}

/** The text of an error document; "" = none that can be read. */
async function refusalText(reply: UpstreamReply): Promise<string> {
  try {
    const bytes = await boundedBody(reply, MAX_ERROR_BYTES);
    return bytes ? errorText(replyObject(bytes)) : '';
  } catch (error) {
    if (error instanceof OllamaError) return '';
    throw error;
  }
}

/** @returns undefined for a longer one, which is not read to its end */
async function boundedBody({ body }: UpstreamReply, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

function traceHeaders(trace: TraceContext | undefined): Record<string, string> {
  if (trace?.parentId === undefined) return {};
  return { traceparent: `00-${trace.traceId}-${trace.parentId}-${trace.isSampled ? '01' : '00'}` };
}

/** More than we name to a client. */
const MAX_IGNORED = 20;

function ignoredBy({ headers }: UpstreamReply): string[] {
  const text = String(headers['x-ollama-ignored'] ?? '');
  return text === '' ? [] : text.split(', ').slice(0, MAX_IGNORED);
}
