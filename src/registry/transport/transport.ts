import { isIP, type LookupFunction } from 'node:net';
import tls from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { type ResolveHost, systemResolveHost } from './addresses.ts';
import { readAuthorities } from './authorities.ts';
import { exchange } from './exchange.ts';
import { type ProxyEnvironment, type ProxyServer, proxyFor } from './proxy.ts';
import { explainFailure, proxyRefusal } from './transport-errors.ts';

/** How one pull or push reaches its registry, and the hosts that it redirects to. */
export interface RegistryTransport {
  /** Takes a string or a URL, not a Request. Errors state what is wrong with the proxy or certificate. */
  readonly fetch: typeof globalThis.fetch;
  readonly resolveHost: ResolveHost;
  /** Closes all its connections. */
  close(): Promise<void>;
}

/** Opens transports that use the environment's proxies and certificate authorities. */
export class RegistryTransports {
  readonly #environment: ProxyEnvironment;
  readonly #resolveHost: ResolveHost;
  #authorities: Promise<tls.SecureContext> | undefined;

  constructor(environment: ProxyEnvironment, resolveHost: ResolveHost = systemResolveHost) {
    this.#environment = environment;
    this.#resolveHost = resolveHost;
  }

  /** Opens one transport per registry, because the allowed addresses depend on the registry that the user named. */
  open(): RegistryTransport {
    const transport = new Transport(this.#environment, () => this.#secureContext());
    const approve = (host: string, addresses: readonly string[]) => transport.approve(host, addresses);
    const resolveHost = Object.assign((host: string) => this.#resolveHost(host), { approve });
    const fetch: typeof globalThis.fetch = (input, init) => transport.fetch(input, init);
    return { fetch, resolveHost, close: () => transport.close() };
  }

  /** Read only once, because it takes some milliseconds; a failure is not kept. */
  #secureContext(): Promise<tls.SecureContext> {
    this.#authorities ??= secureContext(this.#environment).catch((error: unknown) => {
      this.#authorities = undefined;
      throw error;
    });
    return this.#authorities;
  }
}

async function secureContext(environment: ProxyEnvironment): Promise<tls.SecureContext> {
  const ca = await readAuthorities(environment);
  try {
    return tls.createSecureContext({ ca });
  } catch (error) {
    const message = `a certificate authority file cannot be used: ${messageOf(error)}`;
    throw new OllamaError('upstream', message, { cause: error });
  }
}

class Transport {
  readonly #environment: ProxyEnvironment;
  readonly #secureContext: () => Promise<tls.SecureContext>;
  readonly #approved = new Map<string, readonly string[]>();
  /** By the proxy's origin and authorization; "" for no proxy. */
  readonly #dispatchers = new Map<string, Dispatcher>();

  constructor(environment: ProxyEnvironment, context: () => Promise<tls.SecureContext>) {
    this.#environment = environment;
    this.#secureContext = context;
  }

  approve(host: string, addresses: readonly string[]): void {
    this.#approved.set(host, addresses);
  }

  async fetch(input: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
    if (input instanceof Request) throw new TypeError('takes a URL and options, not a Request');
    const url = new URL(input);
    const proxy = proxyFor(url, this.#environment);
    const dispatcher = await this.#dispatcher(proxy);
    try {
      const response = await exchange(url, init ?? {}, dispatcher);
      // Without a tunnel, the proxy's refusal looks like the registry's response.
      if (proxy && response.status === 407) {
        await response.body?.cancel();
        throw proxyRefusal(407, proxy, url);
      }
      return response;
    } catch (error) {
      throw explainFailure(error, { url, proxy });
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
  }

  async #dispatcher(proxy: ProxyServer | undefined): Promise<Dispatcher> {
    const key = proxy ? `${proxy.origin} ${proxy.authorization ?? ''}` : '';
    const context = await this.#secureContext();
    const found = this.#dispatchers.get(key);
    if (found) return found;
    const made = proxy ? throughProxy(proxy, context) : straight(context, this.#lookup);
    this.#dispatchers.set(key, made);
    return made;
  }

  /**
   * Returns the addresses that were checked, without resolving again, because a second answer could differ (DNS
   * rebinding). A host that was not checked has none.
   */
  readonly #lookup: LookupFunction = (host, { all }, callback) => {
    const found = (this.#approved.get(host) ?? []).map((address) => ({ address, family: isIP(address) }));
    const [first] = found;
    if (!first) {
      const error = Object.assign(new Error(`no address was found for ${host}`), { code: 'ENOTFOUND' });
      callback(error, all ? [] : '');
    } else if (all) callback(null, found);
    else callback(null, first.address, first.family);
  };
}

function straight(secureContext: tls.SecureContext, lookup: LookupFunction): Dispatcher {
  return new Agent({ connect: { secureContext, lookup } });
}

/** Uses a tunnel for https, and plain proxy requests for http: many proxies refuse tunnels to ports other than 443. */
function throughProxy({ origin, authorization }: ProxyServer, secureContext: tls.SecureContext): Dispatcher {
  return new ProxyAgent({
    uri: origin,
    proxyTunnel: false,
    requestTls: { secureContext },
    proxyTls: { secureContext },
    ...(authorization !== undefined && { token: authorization }),
  });
}
