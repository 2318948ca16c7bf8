import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { OllamaError } from '../../base/errors.ts';
import { type AddressClass, addressClass } from './address-class.ts';
import { anyRegistry, type RegistryAccess } from './registry-access.ts';

/** Returns all addresses of a host name. */
export interface ResolveHost {
  (host: string): Promise<readonly string[]>;
  /** Receives the addresses that passed the check: connections to that host may only use these. */
  readonly approve?: (host: string, addresses: readonly string[]) => void;
}

export const systemResolveHost: ResolveHost = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map((entry) => entry.address);
};

/**
 * Prevents clients and registries from directing us into our own network. A registry that is not public needs a
 * permission. Its redirects stay within the classes of its own addresses, or lead to public ones. Nothing may lead to a
 * link-local address.
 */
export class AddressGuard {
  readonly #registry: URL;
  readonly #resolveHost: ResolveHost;
  readonly #access: RegistryAccess;
  #registryClasses: Promise<ReadonlySet<AddressClass>> | undefined;

  constructor(registry: URL, resolveHost: ResolveHost, access: RegistryAccess = anyRegistry) {
    this.#registry = registry;
    this.#resolveHost = resolveHost;
    this.#access = access;
  }

  /** @throws OllamaError `upstream`, or `forbidden` for a registry that may not be used */
  async check(host: string): Promise<void> {
    const addresses = await this.#addresses(host);
    if (addresses.some((address) => addressClass(address) === 'never')) {
      throw new OllamaError('upstream', `refused to connect to ${host}: it has a link-local address`);
    }
    if (host === this.#registry.hostname) this.#requireAccess(addresses);
    else await this.#requireClass(host, addresses);
    this.#resolveHost.approve?.(host, addresses);
  }

  /** Checked at each request, because the name may resolve to another address by then. */
  #requireAccess(addresses: readonly string[]): void {
    const inner = addresses.filter((address) => addressClass(address) !== 'public');
    if (inner.every((address) => this.#access(this.#registry, address))) return;
    const rule =
      'clients on other machines may use only public registries and those in OLLAMA_PRIVATE_REGISTRIES';
    throw new OllamaError(
      'forbidden',
      `${this.#registry.host} is not a public registry: ${rule}; add it to this setting of the server, or send the request from the server's own machine`,
    );
  }

  async #requireClass(host: string, addresses: readonly string[]): Promise<void> {
    const inner = addresses.map(addressClass).filter((found) => found !== 'public');
    if (inner.length === 0) return;
    this.#registryClasses ??= this.#classesOf(this.#registry.hostname);
    const allowed = await this.#registryClasses;
    if (!allowed.has('public') && inner.every((found) => allowed.has(found))) return;
    const kind = inner.includes('loopback') ? 'loopback' : 'private';
    throw new OllamaError(
      'upstream',
      `refused a redirect from ${this.#registry.hostname} to the ${kind} address of ${host}`,
    );
  }

  async #classesOf(host: string): Promise<ReadonlySet<AddressClass>> {
    return new Set((await this.#addresses(host)).map(addressClass));
  }

  /** Returns none for a name that does not resolve: the connection will report that, or a proxy can resolve it. */
  async #addresses(host: string): Promise<readonly string[]> {
    const literal = host.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0) return [literal];
    return await this.#resolveHost(host).catch(() => []);
  }
}
