/** HTTP requests to the server, over node:http so that no proxy setting ever applies. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { OllamaError, systemCode } from '../base/errors.ts';
import { isJsonObject } from '../base/json-object.ts';
import { KIB } from '../base/units.ts';
import { type ClientTls, requestTarget } from './server-address.ts';
import { explainTls } from './tls-errors.ts';

export interface ClientRequest {
  readonly method: string;
  readonly path: string;
  readonly json?: unknown;
  /** Whether the reply is a stream, in which case Ollama puts the status before an error's text. */
  readonly streamed?: boolean;
  /** Raw bytes to send instead of JSON. */
  readonly body?: Readable;
  /** Content type of these bytes. */
  readonly type?: string;
  readonly signal?: AbortSignal | undefined;
  /** A status of 400 or more that is not an error. */
  readonly accepted?: number;
}

/** Where requests go and who sends them. */
export interface Sender {
  readonly baseUrl: string;
  readonly userAgent: string;
  /** Absent or empty = none. */
  readonly apiKey?: string | undefined;
  readonly tls?: ClientTls | undefined;
}

/** What a header may contain; a key has nothing else. */
const keyPattern = /^[\x21-\x7e]+$/;

/** Longer error bodies are cut. */
const MAX_ERROR_BYTES = 64 * KIB;
const NOT_CONNECTED = "could not connect to ollama server, run 'ollama serve' to start it";
const unreachableCodes = new Set(['ECONNREFUSED', 'ENOENT', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);

/**
 * @returns a response with a status below 400, or the accepted one; its body has not been read
 * @throws OllamaError with the server's status and error text, or one that says that no server answers
 */
export async function send(sender: Sender, request: ClientRequest): Promise<IncomingMessage> {
  const response = await open(sender, request);
  const status = response.statusCode ?? 0;
  if (status < 400 || status === request.accepted) return response;
  const text =
    errorTextOf(await readText(response, MAX_ERROR_BYTES)) || response.statusMessage || 'no reason given';
  const prefix = request.streamed ? `${status} ${response.statusMessage}: ` : '';
  throw new OllamaError('upstream', prefix + text, { status });
}

async function open(
  { baseUrl, userAgent, apiKey = '', tls }: Sender,
  request: ClientRequest,
): Promise<IncomingMessage> {
  const { url, options } = await requestTarget(baseUrl, request.path, tls);
  const json = request.json === undefined ? undefined : JSON.stringify(request.json);
  const headers: Record<string, string> = { 'User-Agent': userAgent, Accept: 'application/x-ndjson' };
  if (apiKey !== '') headers.Authorization = `Bearer ${checkedKey(apiKey)}`;
  if (json !== undefined) {
    headers['Content-Type'] = 'application/json';
    headers['Content-Length'] = String(Buffer.byteLength(json));
  }
  if (request.type !== undefined) headers['Content-Type'] = request.type;
  // TLS is loaded only when it is used, so that commands start quickly.
  const start = url.protocol === 'https:' ? (await import('node:https')).request : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = start(
      url,
      { ...options, method: request.method, headers, signal: request.signal, agent: false },
      resolve,
    );
    outgoing.on('error', (error) => reject(explain(error, request.signal)));
    const { body } = request;
    if (!body) return void outgoing.end(json);
    // A pipe ends neither of its sides when the other one fails, and the body may be an open file.
    outgoing.once('close', () => body.destroy());
    body.once('error', (error) => outgoing.destroy(error)).pipe(outgoing);
  });
}

/** The message does not quote the key. */
function checkedKey(apiKey: string): string {
  if (keyPattern.test(apiKey)) return apiKey;
  throw new OllamaError('invalid-request', 'the API key has spaces or other characters that no key has');
}

/** Replaces the error of a system call by one that a person understands. */
export function explain(error: Error, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return new OllamaError('canceled', 'request canceled', { cause: error });
  const code = systemCode(error) ?? '';
  if (unreachableCodes.has(code)) return new OllamaError('upstream', NOT_CONNECTED, { cause: error });
  const untrusted = explainTls(error, code);
  if (untrusted) return untrusted;
  const lost = code === 'ECONNRESET' || code === 'EPIPE';
  return lost
    ? new OllamaError('upstream', 'the connection to the server was lost', { cause: error })
    : error;
}

export async function readText(response: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > limit) break;
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, limit);
}

function errorTextOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const error = isJsonObject(value) ? value.error : undefined;
    // Under /v1, an error is an object.
    if (isJsonObject(error) && typeof error.message === 'string') return error.message;
    if (error !== undefined) return String(error);
  } catch {
    // Not JSON: use the text itself.
  }
  return text.trim();
}
