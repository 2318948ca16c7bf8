/** Pictures that requests name by URL, from the hosts that the settings allow. */
import { isIP } from 'node:net';
import { isCancellation, messageOf, OllamaError, throwIfCanceled } from '../../base/errors.ts';
import { shownUrl } from '../../names/file-url.ts';
import { addressClass, meaningsOf } from '../transport/address-class.ts';
import type { ResolveHost } from '../transport/addresses.ts';
import { discardBody, readBounded } from '../transport/bounded-body.ts';
import { hostAndPort, matchesEntry } from '../transport/host-list.ts';
import type { RegistryTransports } from '../transport/transport.ts';
import { requirePlain } from './file-request.ts';

/** Somebody waits for an answer: a picture that takes longer is not worth waiting for. */
const TIMEOUT_MS = 20_000;
/** Storage services redirect once or twice. */
const MAX_REDIRECTS = 5;
const redirectStatuses = [301, 302, 303, 307, 308];

interface WebImagesParts {
  readonly transports: Pick<RegistryTransports, 'open'>;
  /** The allowed hosts, by the rules of NO_PROXY; read for each request. */
  readonly hosts: () => readonly string[];
  /** Bytes of one picture. */
  readonly maxBytes: number;
  readonly userAgent: string;
}

/**
 * Fetches pictures for clients. Each host on the way must be in the list, redirects included. An address that is not public must be
 * listed itself, or its host by its full name, so that a pattern such as `*` never leads into the server's own network.
 */
export class WebImages {
  readonly #parts: WebImagesParts;

  constructor(parts: WebImagesParts) {
    this.#parts = parts;
  }

  /** Whether any host is allowed. */
  get isOn(): boolean {
    return this.#parts.hosts().length > 0;
  }

  allows(url: URL): boolean {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
    const named = hostAndPort(url);
    return this.#entries().some((entry) => matchesEntry(entry, named));
  }

  /**
   * @returns the bytes, whatever they are
   * @throws OllamaError `invalid-request` that says why there are none, `canceled`
   */
  async fetch(url: URL, signal: AbortSignal): Promise<Uint8Array> {
    const { fetch, resolveHost, close } = this.#parts.transports.open();
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const ending = AbortSignal.any([signal, limit]);
    try {
      return await this.#follow(url, { fetch, resolveHost, signal: ending });
    } catch (error) {
      throwIfCanceled(signal);
      const reason = limit.aborted ? `it did not arrive within ${TIMEOUT_MS / 1000} s` : messageOf(error);
      if (isCancellation(error) && !limit.aborted) throw error;
      throw new OllamaError('invalid-request', `${shownUrl(url)} could not be fetched: ${reason}`, {
        cause: error,
      });
    } finally {
      await close();
    }
  }

  async #follow(
    start: URL,
    {
      fetch,
      resolveHost,
      signal,
    }: { fetch: typeof globalThis.fetch; resolveHost: ResolveHost; signal: AbortSignal },
  ): Promise<Uint8Array> {
    let url = start;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      await this.#requireReachable(url, resolveHost);
      const headers = { 'User-Agent': this.#parts.userAgent, 'Accept-Encoding': 'identity' };
      const response = await fetch(url, { redirect: 'manual', signal, headers });
      if (!redirectStatuses.includes(response.status)) return this.#read(response, url);
      await discardBody(response);
      url = this.#target(response, url);
    }
    throw refuse(`more than ${MAX_REDIRECTS} redirects`);
  }

  async #read(response: Response, url: URL): Promise<Uint8Array> {
    if (response.status !== 200) {
      await discardBody(response);
      throw refuse(`${url.host} answered with status ${response.status}`);
    }
    requirePlain(response, url);
    return readBounded(response, this.#parts.maxBytes, 'the picture');
  }

  #target(response: Response, from: URL): URL {
    const location = response.headers.get('location') ?? '';
    if (!URL.canParse(location, from.href)) throw refuse('the redirect target is not a URL');
    const target = new URL(location, from);
    if (from.protocol === 'https:' && target.protocol !== 'https:')
      throw refuse(`a redirect leads from https to ${target.protocol.slice(0, -1)}`);
    return target;
  }

  async #requireReachable(url: URL, resolveHost: ResolveHost): Promise<void> {
    if (!this.allows(url)) throw refuse(`${url.host} is not in OLLAMA_FETCH_IMAGES`);
    if (url.username !== '' || url.password !== '') throw refuse('a URL must not contain a password');
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    const addresses = isIP(literal) === 0 ? await resolveHost(url.hostname).catch(() => []) : [literal];
    for (const address of addresses) {
      const found = addressClass(address);
      if (found === 'never') throw refuse(`${url.host} has a link-local address`);
      if (found !== 'public' && !this.#namesAddress(url, address))
        throw refuse(
          `${url.host} has the ${found} address ${address}: add the host or the address to OLLAMA_FETCH_IMAGES`,
        );
    }
    resolveHost.approve?.(url.hostname, addresses);
  }

  #namesAddress(url: URL, address: string): boolean {
    const { host, port } = hostAndPort(url);
    return this.#entries().some((entry) => {
      if (entry === host || entry === `${host}:${port}`) return true;
      return (
        entry !== '*' &&
        [address, ...meaningsOf(address)].some((one) => matchesEntry(entry, { host: one, port }))
      );
    });
  }

  #entries(): readonly string[] {
    return this.#parts.hosts().map((entry) => entry.trim().toLowerCase());
  }
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
