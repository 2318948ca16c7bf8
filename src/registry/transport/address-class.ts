/** What kind of network an IP address belongs to. */
import { BlockList, isIP } from 'node:net';

/**
 * `never` addresses belong to services that give a machine its own secrets; the others are ordered from far to near.
 */
export type AddressClass = 'public' | 'private' | 'loopback' | 'never';

type Subnet = readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6'];

/**
 * Link-local addresses (RFC 3927, RFC 4291), which metadata services of clouds use, and those of such services elsewhere:
 * Alibaba's, Azure's, and Amazon's over IPv6. A registry has none of them.
 */
const neverSubnets: readonly Subnet[] = [
  ['169.254.0.0', 16, 'ipv4'],
  ['100.100.100.200', 32, 'ipv4'],
  ['168.63.129.16', 32, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
  ['fd00:ec2::', 32, 'ipv6'],
];

/** The machine itself; a connection to an unspecified address reaches it too. */
const loopbackSubnets: readonly Subnet[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['::', 127, 'ipv6'],
];

/** Private, shared and reserved ranges (RFC 6890, RFC 4193, RFC 3879). */
const privateSubnets: readonly Subnet[] = [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

/** The first list that contains an address decides. */
const classes: readonly (readonly [AddressClass, BlockList])[] = [
  ['never', blockList(neverSubnets)],
  ['loopback', blockList(loopbackSubnets)],
  ['private', blockList(privateSubnets)],
];
/** From far to near: of several meanings of an address, the nearest counts. */
const order: readonly AddressClass[] = ['public', 'private', 'loopback', 'never'];

function blockList(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix, family] of subnets) list.addSubnet(network, prefix, family);
  return list;
}

/** @param address an IP address; an IPv6 address that carries an IPv4 address counts as that one */
export function addressClass(address: string): AddressClass {
  const found = meaningsOf(address).map(plainClass);
  return order.findLast((one) => found.includes(one)) ?? 'private';
}

/**
 * The addresses that a packet to this address can reach: the IPv4 address that it carries for a translator or a tunnel,
 * otherwise itself. Several where the place of the IPv4 address depends on the network.
 */
export function meaningsOf(address: string): string[] {
  const plain = address.replace(/%.*$/s, '');
  if (isIP(plain) !== 6) return [plain];
  const embedded = embeddedAddresses(groupsOf(plain));
  return embedded.length > 0 ? embedded : [plain];
}

function plainClass(address: string): AddressClass {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return classes.find(([, list]) => list.check(address, family))?.[0] ?? 'public';
}

/** The eight numbers of an IPv6 address. The URL parser brings every notation into one form. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const numbers = (text: string) =>
    text.split(':').flatMap((group) => (group === '' ? [] : [parseInt(group, 16)]));
  const [before, after] = [numbers(head), numbers(tail ?? '')];
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** An IPv6 prefix behind which the last 32 bits are an IPv4 address, as the numbers that it begins with. */
const prefixesBeforeIpv4: readonly (readonly number[])[] = [
  [0, 0, 0, 0, 0, 0xffff], // mapped (RFC 4291)
  [0, 0, 0, 0, 0xffff, 0], // translated (RFC 2765)
  [0, 0, 0, 0, 0, 0], // compatible (RFC 4291)
  [0x64, 0xff9b, 0, 0, 0, 0], // NAT64 (RFC 6052)
  [0x64, 0xff9b, 1, 0, 0, 0], // NAT64 for local use (RFC 8215)
];

function embeddedAddresses(groups: readonly number[]): string[] {
  const [first, second, third] = groups;
  if (first === 0x2002) return [ipv4(second, third)]; // 6to4 (RFC 3056)
  // Teredo (RFC 4380) inverts the address of the client.
  if (first === 0x2001 && second === 0) return [ipv4(~(groups[6] ?? 0), ~(groups[7] ?? 0))];
  if (prefixesBeforeIpv4.some((prefix) => prefix.every((group, index) => groups[index] === group))) {
    // "::" and "::1" are addresses of their own.
    const isOwn = groups.slice(0, 7).every((group) => group === 0) && (groups[7] ?? 0) <= 1;
    return isOwn ? [] : [ipv4(groups[6], groups[7])];
  }
  return first === 0x64 && second === 0xff9b && third === 1 ? localNat64(groups) : [];
}

/** Every place that RFC 6052 has for the IPv4 address behind a prefix of 48, 56, 64 or 96 bits. */
function localNat64(groups: readonly number[]): string[] {
  const [at48 = 0, at64 = 0, at80 = 0, at96 = 0, at112 = 0] = groups.slice(3);
  const low = ipv4(at96, at112);
  // Bits 64 to 71 are zero behind the shorter prefixes.
  if (at64 >> 8 !== 0) return [low];
  return [
    low,
    ipv4(at48, (at64 << 8) | (at80 >> 8)),
    ipv4((at48 << 8) | at64, at80),
    ipv4((at64 << 8) | (at80 >> 8), (at80 << 8) | (at96 >> 8)),
  ];
}

/** @param high the first two bytes @param low the last two; only their lowest 16 bits count */
function ipv4(high = 0, low = 0): string {
  return [high >> 8, high, low >> 8, low].map((byte) => byte & 0xff).join('.');
}
