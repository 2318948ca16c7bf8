/** NO_PROXY by the rules of Go's httpproxy: hosts, suffixes, addresses, CIDR ranges; all but ranges may have a port. */
import { BlockList, isIP } from 'node:net';
import { KIB } from '../../base/units.ts';

/** Maximum characters of the list that are read. */
const MAX_NO_PROXY_LENGTH = 64 * KIB;

interface Target {
  readonly host: string;
  readonly port: string;
}

/** Whether a request for this URL goes directly to its host; always true for the machine itself. */
export function bypassesProxy(url: URL, noProxy: string): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
  const target = { host, port: url.port || (url.protocol === 'https:' ? '443' : '80') };
  if (host === 'localhost' || inSubnet('127.0.0.0/8', host) || inSubnet('::1/128', host)) return true;
  const entries = noProxy.slice(0, MAX_NO_PROXY_LENGTH).toLowerCase().split(',');
  return entries.some((entry) => matches(entry.trim(), target));
}

function matches(entry: string, { host, port }: Target): boolean {
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

function splitPort(entry: string): Target {
  const [, bracketed, plain, port = ''] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  // An IPv6 address without brackets contains colons, but no port.
  return { host: bracketed ?? plain ?? entry, port };
}

function sameAddress(left: string, right: string): boolean {
  return inSubnet(`${left}/${isIP(left) === 4 ? 32 : 128}`, right);
}

function inSubnet(range: string, address: string): boolean {
  const [network = '', prefix = ''] = range.split('/');
  const [networkKind, kind] = [isIP(network), isIP(address)];
  const bits = networkKind === 4 ? 32 : 128;
  if (networkKind === 0 || kind === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), networkKind === 4 ? 'ipv4' : 'ipv6');
  return list.check(address, kind === 4 ? 'ipv4' : 'ipv6');
}
