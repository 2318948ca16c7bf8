import type { Clock } from '../../base/clock.ts';
import { OllamaError } from '../../base/errors.ts';
import type { ModelName } from '../../names/model-name.ts';
import { isHuggingFaceHost } from '../hugging-face/hugging-face.ts';
import { Authorization, type RegistryIdentity } from '../identity/authorization.ts';
import { AddressGuard, type ResolveHost } from './addresses.ts';
import { discardBody, readBounded } from './bounded-body.ts';
import type { RegistryAccess } from './registry-access.ts';
import { StallGuard } from './stall-guard.ts';
import { statusErrorOf } from './status-error.ts';

/** Same as browsers and curl: enough for any real registry, few enough to end a loop quickly. */
const MAX_REDIRECTS = 10;

/** A registry that is silent for this long counts as stalled, as in Ollama. */
export const STALL_TIMEOUT_MS = 30_000;

const redirectStatuses = [301, 302, 303, 307, 308];
/** These keep the method and the body (RFC 9110 section 15.4). */
const repeatingStatuses = [307, 308];

export interface ConnectionOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly resolveHost: ResolveHost;
  readonly userAgent: string;
  /** Use http instead of https, and accept redirects to http. */
  readonly insecure: boolean;
  /** Which registries that are not public may be used; all without it. */
  readonly access?: RegistryAccess | undefined;
  /** Without an identity, only anonymous tokens are obtained. */
  readonly identity?: RegistryIdentity;
  /** Origin of a mirror to ask instead of the name's own registry, "https://mirror.example". */
  readonly origin?: string | undefined;
}

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  /** A path in the repository, such as "manifests/latest", or a URL that the registry named. */
  readonly target: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called for each attempt. */
  readonly body?: () => AsyncIterable<Uint8Array> | string;
  readonly signal: AbortSignal;
  /** Return a redirect instead of following it. */
  readonly returnsRedirect?: boolean;
  /** Send nothing that identifies us. */
  readonly anonymous?: boolean;
}

type Authorize = (url: URL) => string | undefined;

/**
 * Sends requests to one model's repository (protocol: OCI distribution spec, `/v2/<name>/…`). Follows redirects itself
 * and answers 401 responses. Tokens and passwords are only sent to the registry's own origin.
 */
export class RegistryConnection {
  readonly #options: ConnectionOptions;
  readonly #base: URL;
  readonly #guard: AddressGuard;
  readonly #authorization: Authorization;
  readonly #isHuggingFace: boolean;

  constructor(name: ModelName, options: ConnectionOptions) {
    this.#options = options;
    this.#isHuggingFace = isHuggingFaceHost(name.host);
    const origin = options.origin ?? `${options.insecure ? 'http' : 'https'}://${name.host}`;
    const address = `${origin}/v2/${name.namespace}/${name.model}/`;
    if (!URL.canParse(address)) throw new OllamaError('invalid-request', 'invalid model name');
    this.#base = new URL(address);
    this.#guard = new AddressGuard(this.#base, options.resolveHost, options.access);
    this.#authorization = new Authorization({
      registry: this.#base,
      identity: options.identity,
      clock: options.clock,
      ask: (url, authorization, signal) => this.#askForToken(url, authorization, signal),
    });
  }

  /**
   * @returns a response with a status below 400, its body unread
   * @throws OllamaError `upstream`: "file does not exist" for 404, "<status>: <errors of its document>" for other errors;
   *   `forbidden` for a registry that may not be used
   */
  async send(request: RegistryRequest): Promise<Response> {
    const url = new URL(request.target, this.#base);
    const authorize: Authorize = (at) => (request.anonymous ? undefined : this.#authorization.headerFor(at));
    const shown = authorize(url);
    let response = await this.#follow(url, request, authorize);
    if (
      !request.anonymous &&
      url.origin === this.#base.origin &&
      (await this.#answer(response, shown, request))
    )
      response = await this.#follow(url, request, authorize);
    if (response.status < 400) return response;
    if (response.status === 401) throw await this.#authorization.refused(response);
    throw await statusErrorOf(response, this.#isHuggingFace);
  }

  /** Whether to repeat the request, with the authorization that the refusal asks for. */
  async #answer(
    response: Response,
    shown: string | undefined,
    { signal }: RegistryRequest,
  ): Promise<boolean> {
    if (response.status === 403) return await this.#authorization.offer(response, shown);
    if (response.status !== 401) return false;
    await this.#authorization.answer(response, shown, signal);
    return true;
  }

  /** Sends a GET, as `send`. @param path in the repository, such as "manifests/latest" */
  async get(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    return await this.send({ method: 'GET', target: path, headers, signal });
  }

  /** Reads a small document completely, within the stall timeout. */
  async read(
    path: string,
    headers: Record<string, string>,
    limit: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const guard = new StallGuard(this.#options.clock, STALL_TIMEOUT_MS, signal);
    try {
      return await readBounded(await this.get(path, headers, guard.signal), limit, path);
    } catch (error) {
      if (!guard.stalled) throw error;
      throw new OllamaError('upstream', `${this.#base.host} did not answer in time`, { cause: error });
    } finally {
      guard.close();
    }
  }

  /**
   * Resolves the location that a registry gives for the next request; it may be relative. On the registry's own host the
   * protocol is kept, because registries behind a proxy often do not know it.
   * @throws OllamaError `upstream` when it is not a URL, or would lead from https to http
   */
  locate(location: string, from: URL): URL {
    const target = this.#resolve(location, from);
    if (target.host === this.#base.host) target.protocol = this.#base.protocol;
    return this.#requireSecure(target, `a location from ${from.host}`);
  }

  async #follow(start: URL, request: RegistryRequest, authorize: Authorize): Promise<Response> {
    let url = start;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      await this.#guard.check(url.hostname);
      const response = await this.#request(url, request, authorize);
      if (!redirectStatuses.includes(response.status)) return response;
      if (request.returnsRedirect && response.status === 307) return response;
      await discardBody(response);
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      if (!isRead && !repeatingStatuses.includes(response.status)) {
        throw new OllamaError(
          'upstream',
          `the registry redirected a ${request.method} request (status ${response.status}), which is not supported`,
        );
      }
      url = this.#redirectTarget(response, url);
    }
    const { origin, pathname } = start;
    throw new OllamaError(
      'upstream',
      `maximum redirects exceeded (${MAX_REDIRECTS}) for ${origin}${pathname}`,
    );
  }

  async #request(url: URL, request: RegistryRequest, authorize: Authorize): Promise<Response> {
    const { method, signal, body, headers } = request;
    const authorization = authorize(url);
    return await this.#options.fetch(url, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        ...headers,
        'User-Agent': this.#options.userAgent,
        ...(authorization !== undefined && { Authorization: authorization }),
      },
      ...(body && { body: body(), duplex: 'half' }),
    });
  }

  #redirectTarget(response: Response, from: URL): URL {
    const location = response.headers.get('location');
    if (location === null) throw new OllamaError('upstream', 'http: no Location header in response');
    return this.#requireSecure(this.#resolve(location, from), `a redirect from ${from.host}`);
  }

  #resolve(location: string, from: URL): URL {
    if (URL.canParse(location, from.href)) return new URL(location, from);
    throw new OllamaError('upstream', 'the redirect target is not a URL');
  }

  #requireSecure(target: URL, where: string): URL {
    const { protocol } = target;
    if (protocol === 'https:' || (this.#options.insecure && protocol === 'http:')) return target;
    throw new OllamaError('upstream', `insecure protocol ${protocol.slice(0, -1)} in ${where}`);
  }

  async #askForToken(url: URL, authorization: string | undefined, signal: AbortSignal): Promise<Response> {
    const request = { method: 'GET', target: url, headers: { Accept: 'application/json' }, signal } as const;
    const response = await this.#follow(url, request, (at) =>
      at.origin === url.origin ? authorization : undefined,
    );
    if (response.status < 400) return response;
    const error = await statusErrorOf(response, this.#isHuggingFace);
    // A missing token must not look like a missing manifest or blob.
    throw error.registryStatus === 404
      ? new OllamaError('upstream', `the registry did not return a token: ${error.message}`)
      : error;
  }
}
