import type { Clock } from '../base/clock.ts';
import { OllamaError } from '../base/errors.ts';
import type { ModelName } from '../names/model-name.ts';
import { AddressGuard, type ResolveHost } from './addresses.ts';
import { discardBody, readBounded, readStart } from './bounded-body.ts';
import { parseBearerChallenge, tokenUrl } from './challenge.ts';
import { StallGuard } from './stall-guard.ts';

/** As browsers and curl: enough for any real registry, few enough to end a loop soon. */
const MAX_REDIRECTS = 10;

/** A token reply is below 10 KB. */
const MAX_TOKEN_BYTES = 64 * 1024;

/** How much of an error body a message quotes, characters. */
const MAX_ERROR_TEXT = 1024;

/** Silence after which a registry counts as stalled, as in Ollama. */
export const STALL_TIMEOUT_MS = 30_000;

export interface ConnectionOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly resolveHost: ResolveHost;
  readonly userAgent: string;
  /** Speak http instead of https, and accept redirects to http. */
  readonly insecure: boolean;
  /** Of a mirror to ask in place of the name's own registry, "https://mirror.example". */
  readonly origin?: string | undefined;
}

/**
 * GET requests to one model's repository (protocol: OCI distribution spec, `/v2/<name>/…`). Follows redirects by
 * hand and gets an anonymous token when asked for one; the token goes to the registry's own origin only.
 */
export class RegistryConnection {
  readonly #options: ConnectionOptions;
  readonly #base: URL;
  readonly #guard: AddressGuard;
  #token: string | undefined;

  constructor(name: ModelName, options: ConnectionOptions) {
    this.#options = options;
    const origin = options.origin ?? `${options.insecure ? 'http' : 'https'}://${name.host}`;
    const address = `${origin}/v2/${name.namespace}/${name.model}/`;
    if (!URL.canParse(address)) throw new OllamaError('invalid-request', 'invalid model name');
    this.#base = new URL(address);
    this.#guard = new AddressGuard(this.#base.hostname, options.resolveHost);
  }

  /**
   * @param path below the repository, "manifests/latest"
   * @returns a response with a status below 400, its body unread
   * @throws OllamaError `upstream`: "file does not exist" for 404, "<status>: <body>" for other errors
   */
  async get(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const url = new URL(path, this.#base);
    let response = await this.#follow(url, headers, signal);
    if (response.status === 401) {
      await this.#authorize(response, signal);
      response = await this.#follow(url, headers, signal);
    }
    if (response.status < 400) return response;
    throw await errorOf(response);
  }

  /** Reads a small document whole, within the stall timeout. */
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

  async #follow(start: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    let url = start;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      await this.#guard.check(url.hostname);
      const response = await this.#request(url, headers, signal);
      if (![301, 302, 303, 307, 308].includes(response.status)) return response;
      await discardBody(response);
      url = this.#redirectTarget(response, url);
    }
    throw new OllamaError('upstream', `maximum redirects exceeded (${MAX_REDIRECTS}) for ${start.href}`);
  }

  async #request(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const authorized = this.#token !== undefined && url.origin === this.#base.origin;
    return await this.#options.fetch(url, {
      redirect: 'manual',
      signal,
      headers: {
        ...headers,
        'User-Agent': this.#options.userAgent,
        ...(authorized && { Authorization: `Bearer ${this.#token}` }),
      },
    });
  }

  #redirectTarget(response: Response, from: URL): URL {
    const location = response.headers.get('location');
    if (location === null) throw new OllamaError('upstream', 'http: no Location header in response');
    if (!URL.canParse(location, from.href))
      throw new OllamaError('upstream', 'the redirect target is not a URL');
    const target = new URL(location, from);
    const secure = target.protocol === 'https:';
    if (!secure && !(this.#options.insecure && target.protocol === 'http:')) {
      throw new OllamaError(
        'upstream',
        `insecure protocol ${target.protocol.slice(0, -1)} in a redirect of ${from.host}`,
      );
    }
    return target;
  }

  async #authorize(refusal: Response, signal: AbortSignal): Promise<void> {
    await discardBody(refusal);
    const challenge = parseBearerChallenge(refusal.headers.get('www-authenticate'));
    if (!challenge || this.#token !== undefined)
      throw new OllamaError('upstream', 'unauthorized: access denied');
    const response = await this.#follow(
      tokenUrl(challenge, this.#base),
      { Accept: 'application/json' },
      signal,
    );
    if (response.status >= 400) throw await errorOf(response);
    this.#token = tokenOf(await readBounded(response, MAX_TOKEN_BYTES, 'the token reply'));
  }
}

async function errorOf(response: Response): Promise<OllamaError> {
  if (response.status === 404 || response.status === 401) await discardBody(response);
  if (response.status === 404) return new OllamaError('upstream', 'file does not exist');
  if (response.status === 401) return new OllamaError('upstream', 'unauthorized: access denied');
  const retryAfter = response.headers.get('retry-after') ?? undefined;
  return new RegistryStatusError(response.status, await readStart(response, MAX_ERROR_TEXT), retryAfter);
}

/** An error status that the registry answered; 5xx and 429 are worth another try. */
export class RegistryStatusError extends OllamaError {
  readonly registryStatus: number;
  /** The header of that name. */
  readonly retryAfter: string | undefined;

  constructor(registryStatus: number, body: string, retryAfter?: string) {
    super('upstream', `${registryStatus}: ${body}`);
    this.retryAfter = retryAfter;
    this.registryStatus = registryStatus;
  }
}

/** Visible ASCII, so that it can be a header's value. */
function tokenOf(body: Uint8Array): string {
  const parsed = parseJson(new TextDecoder().decode(body));
  const token = typeof parsed === 'object' && parsed !== null && 'token' in parsed ? parsed.token : undefined;
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new OllamaError('upstream', 'the token reply holds no token');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
