import { BlockList, isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** Loopback, private and unspecified addresses. A browser that followed a public DNS name never sends them as Host. */
const localAddresses = new BlockList();
localAddresses.addSubnet('127.0.0.0', 8);
localAddresses.addSubnet('10.0.0.0', 8);
localAddresses.addSubnet('172.16.0.0', 12);
localAddresses.addSubnet('192.168.0.0', 16);
localAddresses.addAddress('0.0.0.0');
localAddresses.addAddress('::1', 'ipv6');
localAddresses.addAddress('::', 'ipv6');
localAddresses.addSubnet('fc00::', 7, 'ipv6');

const localSuffixes = ['.localhost', '.local', '.internal'];

/** Returns whether a Host header ("name:port") names this machine, or may do so in a local network. */
export function isLocalHost(header: string): boolean {
  const name = unbracket(header.replace(/:\d+$/, '')).toLowerCase();
  const version = isIP(name);
  if (version !== 0) {
    return localAddresses.check(name, version === 6 ? 'ipv6' : 'ipv4') || isOwnAddress(name);
  }
  if (name === '' || name === 'localhost' || name === hostname().toLowerCase()) return true;
  return localSuffixes.some((suffix) => name.endsWith(suffix));
}

/** Returns whether a Host header ("name:port") is an address, which no other machine can take, or a name of this machine. */
export function isOwnName(header: string): boolean {
  const name = unbracket(header.replace(/:\d+$/, '')).toLowerCase();
  if (isIP(name) !== 0 || name === '' || name === hostname().toLowerCase()) return true;
  return name === 'localhost' || name.endsWith('.localhost');
}

/** An IPv6 address without its brackets; any other name as it is. */
export function unbracket(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function isOwnAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === address));
}
