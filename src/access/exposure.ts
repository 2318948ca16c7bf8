import { isIPv4 } from 'node:net';
import type { HostAddress } from '../config/host.ts';
import { hostListener, type ListenerAddress, parseListenerAddress } from '../config/listener-address.ts';

/** The settings that say who can reach a server. */
export interface Reach {
  readonly host: HostAddress;
  /** Empty = `host`. */
  readonly listen: readonly string[];
  /** Path of the authorities of clients; "" = none. */
  readonly tlsClientAuthority: string;
}

/** Whether programs on other machines reach the server without proof of who they are. */
export function isExposed({ host, listen, tlsClientAuthority }: Reach): boolean {
  return addressesOf(host, listen).some((address) => {
    if (address.kind !== 'tcp' || isLoopback(address.host)) return false;
    return !(address.isSecure && tlsClientAuthority !== '');
  });
}

/** Addresses that cannot be read are reported by whoever listens there. */
function addressesOf(host: HostAddress, listen: readonly string[]): ListenerAddress[] {
  try {
    return listen.length === 0 ? [hostListener(host)] : listen.map(parseListenerAddress);
  } catch {
    return [];
  }
}

function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}
