import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type RandomModelOptions, writeRandomModel } from '../../fakes/models/random-model.ts';
import type { TestServer } from './server-process.ts';

type Server = Pick<TestServer, 'url'>;

/** For `expect.poll`: long enough for a busy machine. */
export const patience = { timeout: 60_000, interval: 20 };

export interface Reply {
  readonly status: number;
  /** The decoded JSON, or the text if it is not JSON. */
  readonly body: unknown;
}

/** Sends a body, encoded as JSON unless it is already text or bytes. */
export function send(
  server: Server,
  method: string,
  path: string,
  body: unknown,
  options: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  const encoded = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return fetch(server.url + path, { method, body: encoded as RequestInit['body'] & object, ...options });
}

export async function post(
  server: Server,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return replyOf(await send(server, 'POST', path, body, { headers }));
}

export async function replyOf(response: Response): Promise<Reply> {
  return { status: response.status, body: decode(await response.text()) };
}

/** Sends a request with headers that `fetch` would not send, and with a path that it would normalise. */
export function sendRaw(
  server: Server,
  options: { method?: string; path: string; headers?: Record<string, string>; body?: string | Uint8Array },
): Promise<Reply> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const { method = 'GET', path, body } = options;
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const framed = options.headers?.['Transfer-Encoding'] === undefined ? length : {};
    const headers = { ...framed, ...options.headers };
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: decode(text) }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The lines of an NDJSON response, as they arrive. */
export async function* linesOf(response: Response): AsyncGenerator<Record<string, unknown>> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
  if (rest !== '') throw new Error(`the stream ended within a line: ${rest}`);
}

export function sha256(content: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** Uploads a file or bytes. @returns its digest */
export async function upload(server: Server, content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === 'string' ? await readFile(content) : content;
  const digest = sha256(bytes);
  const { status, body } = await replyOf(await send(server, 'POST', `/api/blobs/${digest}`, bytes));
  if (status !== 200 && status !== 201) throw new Error(`upload answered ${status} ${JSON.stringify(body)}`);
  return digest;
}

/** Uploads a GGUF and creates a model from it. */
export async function createModel(
  server: Server,
  model: string,
  content: string | Uint8Array,
  fields: Record<string, unknown> = {},
): Promise<void> {
  const files = { 'model.gguf': await upload(server, content) };
  const reply = await post(server, '/api/create', { model, files, stream: false, ...fields });
  if (reply.status !== 200) throw new Error(`create answered ${JSON.stringify(reply)}`);
}

/** The bytes of a random model; another seed gives another model. */
export async function randomModelBytes(options: RandomModelOptions = {}): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'ollama-random-'));
  try {
    const path = join(folder, 'model.gguf');
    await writeRandomModel(path, options);
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** All files below a folder, as relative paths; none if the folder does not exist. */
export async function filesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const facts = await Promise.all(names.map((name) => stat(join(folder, name))));
  return names.filter((_, index) => facts[index]?.isFile()).sort();
}

/** The SHA-256 of each file below a folder, by relative path. */
export async function hashesBelow(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const path of await filesBelow(folder)) hashes[path] = await sha256OfFile(join(folder, path));
  return hashes;
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest('hex')}`;
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
