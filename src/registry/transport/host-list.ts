/** Lists of hosts by the rules of Go's httpproxy: hosts, suffixes, addresses, CIDR ranges; all but ranges may have a port. */
import { BlockList, isIP } from 'node:net';

export interface HostAndPort {
  /** A name in lower case, or an address without brackets. */
  readonly host: string;
  readonly port: string;
}

export function hostAndPort(url: URL): HostAndPort {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
  return { host, port: url.port || (url.protocol === 'https:' ? '443' : '80') };
}

/** @param entry one entry of a list, without spaces around it */
export function matchesEntry(entry: string, { host, port }: HostAndPort): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return inSubnet(entry, host);
  const pattern = splitPort(entry);
  if (pattern.host === '' || (pattern.port !== '' && pattern.port !== port)) return false;
  if (isIP(pattern.host) !== 0) return isIP(host) !== 0 && sameAddress(pattern.host, host);
  const suffix = pattern.host.replace(/^\*(?=\.)/, '');
  if (suffix.startsWith('.')) return host.endsWith(suffix);
  return host === suffix || host.endsWith(`.${suffix}`);
}

export function inSubnet(range: string, address: string): boolean {
  const [network = '', prefix = ''] = range.split('/');
  const [networkKind, kind] = [isIP(network), isIP(address)];
  const bits = networkKind === 4 ? 32 : 128;
  if (networkKind === 0 || kind === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), networkKind === 4 ? 'ipv4' : 'ipv6');
  return list.check(address, kind === 4 ? 'ipv4' : 'ipv6');
}

function splitPort(entry: string): HostAndPort {
  const [, bracketed, plain, port = ''] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  // An IPv6 address without brackets contains colons, but no port.
  return { host: bracketed ?? plain ?? entry, port };
}

function sameAddress(left: string, right: string): boolean {
  return inSubnet(`${left}/${isIP(left) === 4 ? 32 : 128}`, right);
}
