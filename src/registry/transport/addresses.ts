import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { OllamaError } from '../../base/errors.ts';

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

type Subnet = readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6'];

/** Used for metadata services of clouds, never for a registry (RFC 3927, RFC 4291). */
const linkLocalSubnets: readonly Subnet[] = [
  ['169.254.0.0', 16, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
];

/** Loopback, private, shared and reserved ranges (RFC 6890, RFC 4193). */
const privateSubnets: readonly Subnet[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

const linkLocal = blockList(linkLocalSubnets);
const notPublic = blockList([...linkLocalSubnets, ...privateSubnets]);

function blockList(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix, family] of subnets) list.addSubnet(network, prefix, family);
  return list;
}

function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Prevents a registry from directing us into our own network: a redirect may lead to a private address only if the
 * registry that the user named is itself private, and nothing may lead to a link-local address.
 */
export class AddressGuard {
  readonly #registryHost: string;
  readonly #resolveHost: ResolveHost;
  #registryIsPrivate: Promise<boolean> | undefined;

  constructor(registryHost: string, resolveHost: ResolveHost) {
    this.#registryHost = registryHost;
    this.#resolveHost = resolveHost;
  }

  /** @throws OllamaError `upstream` */
  async check(host: string): Promise<void> {
    const addresses = await this.#addresses(host);
    if (addresses.some((address) => contains(linkLocal, address))) {
      throw new OllamaError('upstream', `refused to connect to ${host}: it has a link-local address`);
    }
    if (!(await this.#mayReach(host, addresses))) {
      throw new OllamaError(
        'upstream',
        `refused a redirect from ${this.#registryHost} to the private address of ${host}`,
      );
    }
    this.#resolveHost.approve?.(host, addresses);
  }

  async #mayReach(host: string, addresses: readonly string[]): Promise<boolean> {
    if (host === this.#registryHost || !addresses.some((address) => contains(notPublic, address)))
      return true;
    this.#registryIsPrivate ??= this.#isPrivate(this.#registryHost);
    return await this.#registryIsPrivate;
  }

  async #isPrivate(host: string): Promise<boolean> {
    const addresses = await this.#addresses(host);
    return addresses.length > 0 && addresses.every((address) => contains(notPublic, address));
  }

  /** Returns none for a name that does not resolve: the connection will report that, or a proxy can resolve it. */
  async #addresses(host: string): Promise<readonly string[]> {
    const literal = host.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0) return [literal];
    return await this.#resolveHost(host).catch(() => []);
  }
}
