import { expect, it } from 'vitest';
import { addressClass } from './address-class.ts';

it.each([
  ['93.184.216.34', 'public'],
  ['2606:2800:220:1::1', 'public'],
  ['10.1.2.3', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.0.1', 'private'],
  ['100.64.0.1', 'private'],
  ['fd12::1', 'private'],
  ['fec0::1', 'private'],
  ['127.8.9.10', 'loopback'],
  ['::1', 'loopback'],
  ['0.0.0.0', 'loopback'],
  ['::', 'loopback'],
  ['169.254.169.254', 'never'],
  ['168.63.129.16', 'never'],
  ['fe80::1%eth0', 'never'],
  ['fd00:ec2::254', 'never'],
] as const)('%s is %s', (address, expected) => {
  expect(addressClass(address)).toBe(expected);
});

const inside = [
  ['mapped', (dotted: string) => `::ffff:${dotted}`],
  ['translated', (dotted: string) => `::ffff:0:${dotted}`],
  ['compatible', (dotted: string) => `::${dotted}`],
  ['NAT64', (dotted: string) => `64:ff9b::${dotted}`],
  ['NAT64 for local use', (dotted: string) => `64:ff9b:1::${dotted}`],
  ['6to4', (dotted: string) => `2002:${hex(dotted, 0)}::1`],
  ['6to4 with a subnet', (dotted: string) => `2002:${hex(dotted, 0)}:7:1:2:3:4`],
  ['Teredo', (dotted: string) => `2001:0:c000:201:8000:63bf:${hex(dotted, 0xff)}`],
] as const;

/** "a.b.c.d" as two groups, each byte combined with `mask`. */
function hex(dotted: string, mask: number): string {
  const bytes = dotted.split('.').map((byte) => (Number(byte) ^ mask).toString(16).padStart(2, '0'));
  return `${bytes.slice(0, 2).join('')}:${bytes.slice(2).join('')}`;
}

it.each(inside)('an IPv4 address within counts: %s', (_, within) => {
  expect(addressClass(within('93.184.216.34'))).toBe('public');
  expect(addressClass(within('10.0.0.7'))).toBe('private');
  expect(addressClass(within('127.0.0.1'))).toBe('loopback');
  expect(addressClass(within('169.254.169.254'))).toBe('never');
});

it.each([
  ['48 bits', '64:ff9b:1:a9fe:a9:fe00::'],
  ['56 bits', '64:ff9b:1:aaa9:fe:a9fe::'],
  ['64 bits', '64:ff9b:1:aaaa:a9:fea9:fe00:0'],
  ['96 bits', '64:ff9b:1:aaaa:a000:0:a9fe:a9fe'],
])('the nearest meaning counts where the length of the prefix is unknown: %s', (_, address) => {
  expect(addressClass(address)).toBe('never');
});

it('an address of 6to4 that only looks like a private one at its end is public', () => {
  expect(addressClass('2002:5db8:d822::7f00:1')).toBe('public');
  expect(addressClass('2606::10.0.0.1')).toBe('public');
});
