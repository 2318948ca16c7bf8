import type { Readable } from 'node:stream';
import type { ChatRequest, ChatResponse } from '../api/chat.ts';
import type { ProgressResponse } from '../api/common.ts';
import type { CreateRequest } from '../api/create.ts';
import type { EmbedRequest, EmbedResponse } from '../api/embed.ts';
import type { EstimateRequest, EstimateResponse } from '../api/estimate.ts';
import type { GenerateRequest, GenerateResponse } from '../api/generate.ts';
import type { HealthResponse } from '../api/health.ts';
import type { LinkResponse } from '../api/link.ts';
import type { LoadProgress, LoadRequest } from '../api/load.ts';
import type { PsResponse } from '../api/ps.ts';
import type { PullRequest } from '../api/pull.ts';
import type { PushRequest } from '../api/push.ts';
import type { QueueResponse } from '../api/queue.ts';
import type { ShowRequest, ShowResponse } from '../api/show.ts';
import type { TagsResponse } from '../api/tags.ts';
import type { TypeSpeedsRequest } from '../api/type-speeds.ts';
import type { UsageResponse } from '../api/usage.ts';
import type { VerifyRequest, VerifyResponse } from '../api/verify.ts';
import type { VersionResponse } from '../api/version.ts';
import { OllamaError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import { BatchRequests } from './batches.ts';
import { type ClientRequest, explain, readText, type Sender, send } from './connection.ts';
import { KeyRequests } from './keys.ts';
import { readNdjson } from './ndjson.ts';
import type { ClientTls } from './server-address.ts';

/** Maximum size of a reply that is read as a whole: model lists, and model information that names every tensor. */
const MAX_REPLY_BYTES = 64 * MIB;

/** Status of an unhealthy server. */
const UNAVAILABLE = 503;

/** Where the server is. */
export interface ClientOptions {
  /** For example "http://127.0.0.1:11434", where a path precedes every route, or "unix:///run/ollama.sock". */
  readonly baseUrl: string;
  /** Absent = "ollama-ts". */
  readonly userAgent?: string;
  /** For servers at https. Absent = what Node trusts, and no certificate of the client. */
  readonly tls?: ClientTls;
  /** A key of the server, which is sent with every request; absent or empty = none. */
  readonly apiKey?: string | undefined;
}

/** A typed client for the native API. Errors are `OllamaError`s with the server's status and text. */
export class OllamaClient {
  /** The API keys of the server. */
  readonly keys = new KeyRequests((request) => this.#json(request));
  /** Files of requests, and batches that answer them. */
  readonly batches = new BatchRequests(
    (request) => this.#json(request),
    (request) => this.#send(request),
  );
  readonly #sender: Sender;

  constructor({ baseUrl, userAgent = 'ollama-ts', apiKey, tls }: ClientOptions) {
    this.#sender = { baseUrl, userAgent, apiKey, tls };
  }

  /** @throws OllamaError if no server answers */
  async heartbeat(): Promise<void> {
    (await this.#send({ method: 'HEAD', path: '/' })).resume();
  }

  /** The server's version. */
  version(): Promise<VersionResponse> {
    return this.#json({ method: 'GET', path: '/api/version' });
  }

  /** The models of the server, newest first. */
  list(): Promise<TagsResponse> {
    return this.#json({ method: 'GET', path: '/api/tags' });
  }

  /** The loaded models. */
  ps(): Promise<PsResponse> {
    return this.#json({ method: 'GET', path: '/api/ps' });
  }

  /** The waiting requests. */
  queue(signal?: AbortSignal): Promise<QueueResponse> {
    return this.#json({ method: 'GET', path: '/api/queue', signal });
  }

  /** What the server and those before it counted, by default for the last 30 days. */
  usage(query: Readonly<Record<string, string>> = {}): Promise<UsageResponse> {
    const text = new URLSearchParams(query).toString();
    return this.#json({ method: 'GET', path: `/api/usage${text === '' ? '' : `?${text}`}` });
  }

  /** @param model a model that must answer too */
  health(model?: string): Promise<HealthResponse> {
    const path = model === undefined ? '/health' : `/health?model=${encodeURIComponent(model)}`;
    return this.#json({ method: 'GET', path, accepted: UNAVAILABLE });
  }

  /** @throws OllamaError with status 404 for an unknown model */
  show(request: ShowRequest): Promise<ShowResponse> {
    return this.#json({ method: 'POST', path: '/api/show', json: request });
  }

  /** One vector for each input. */
  embed(request: EmbedRequest, signal?: AbortSignal): Promise<EmbedResponse> {
    return this.#json({ method: 'POST', path: '/api/embed', json: request, signal });
  }

  /** The memory that a load would take, in bytes. */
  estimate(request: EstimateRequest): Promise<EstimateResponse> {
    return this.#json({ method: 'POST', path: '/api/estimate', json: request });
  }

  /** Keeps measured speeds of types of weights on the server, for `quantize: "auto"` and advice. */
  async keepTypeSpeeds(request: TypeSpeedsRequest): Promise<void> {
    (await this.#send({ method: 'POST', path: '/api/type-speeds', json: request })).resume();
  }

  /** Streams the completion of one prompt; the last chunk is `done`. Leaving the loop cancels the request. */
  generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateResponse> {
    return this.#stream({ method: 'POST', path: '/api/generate', json: request, signal });
  }

  /** As `generate`, for a conversation. */
  chat(request: ChatRequest, signal?: AbortSignal): AsyncGenerator<ChatResponse> {
    return this.#stream({ method: 'POST', path: '/api/chat', json: request, signal });
  }

  /** Loads a model and streams the progress. */
  load(request: LoadRequest, signal?: AbortSignal): AsyncGenerator<LoadProgress> {
    return this.#stream({ method: 'POST', path: '/api/load', json: request, signal });
  }

  /** Pulls a model from its registry and streams the progress. */
  pull(request: PullRequest, signal?: AbortSignal): AsyncGenerator<ProgressResponse> {
    return this.#stream({ method: 'POST', path: '/api/pull', json: request, signal });
  }

  /** Pushes a model to its registry and streams the progress. */
  push(request: PushRequest, signal?: AbortSignal): AsyncGenerator<ProgressResponse> {
    return this.#stream({ method: 'POST', path: '/api/push', json: request, signal });
  }

  /** Creates a model from blobs and other models and streams the progress. */
  create(request: CreateRequest, signal?: AbortSignal): AsyncGenerator<ProgressResponse> {
    return this.#stream({ method: 'POST', path: '/api/create', json: request, signal });
  }

  /** Checks files against their digests and streams the results. */
  verify(request: VerifyRequest, signal?: AbortSignal): AsyncGenerator<VerifyResponse> {
    return this.#stream({ method: 'POST', path: '/api/verify', json: request, signal });
  }

  /** Asks where to create a link to a file that is to become a blob. */
  linkPlace(digest: string): Promise<LinkResponse> {
    return this.#json({ method: 'POST', path: '/api/link', json: { digest } });
  }

  async adoptLink(digest: string, token: string, source: string): Promise<void> {
    (await this.#send({ method: 'POST', path: '/api/link', json: { digest, token, source } })).resume();
  }

  /** Gives a model a second name. */
  async copy(source: string, destination: string): Promise<void> {
    (await this.#send({ method: 'POST', path: '/api/copy', json: { source, destination } })).resume();
  }

  /** Removes a model; blobs that no other model uses go with it. */
  async delete(model: string): Promise<void> {
    (await this.#send({ method: 'DELETE', path: '/api/delete', json: { model } })).resume();
  }

  /** @param digest "sha256:" and 64 hex digits */
  async hasBlob(digest: string): Promise<boolean> {
    try {
      (await this.#send({ method: 'HEAD', path: `/api/blobs/${digest}` })).resume();
      return true;
    } catch (error) {
      if (error instanceof OllamaError && error.status === 404) return false;
      throw error;
    }
  }

  /** @throws OllamaError when the bytes do not have the digest */
  async uploadBlob(digest: string, body: Readable, signal?: AbortSignal): Promise<void> {
    (await this.#send({ method: 'POST', path: `/api/blobs/${digest}`, body, signal })).resume();
  }

  #send(request: ClientRequest) {
    return send(this.#sender, request);
  }

  async #json<T>(request: ClientRequest): Promise<T> {
    return JSON.parse(await readText(await this.#send(request), MAX_REPLY_BYTES)) as T;
  }

  async *#stream<T>(request: ClientRequest): AsyncGenerator<T> {
    try {
      const response = await this.#send({ ...request, streamed: true });
      for await (const value of readNdjson(response)) yield value as T;
    } catch (error) {
      throw error instanceof OllamaError || !(error instanceof Error)
        ? error
        : explain(error, request.signal);
    }
  }
}
