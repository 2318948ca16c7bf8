/** `OLLAMA_LISTEN`: the addresses where the server listens. */
import { messageOf, OllamaError } from '../base/errors.ts';
import { type HostAddress, hostUrl, parseHost } from './host.ts';
import { isUnixAddress, parseUnixAddress, type UnixAddress } from './unix-address.ts';
import { parseNames, withForm } from './values.ts';

/** More than a machine has networks; each takes a file descriptor. */
const MAX_LISTENERS = 64;

export interface TcpAddress {
  readonly kind: 'tcp';
  /** Whether it speaks TLS. */
  readonly isSecure: boolean;
  /** Name or address without brackets; "" = all interfaces. */
  readonly host: string;
  /** 0 picks any free port. */
  readonly port: number;
}

export type ListenerAddress = TcpAddress | UnixAddress;

/**
 * Reads one address: `host:port`, `http://host:port`, `https://host:port` or `unix:///path?mode=0660&group=NAME`.
 * @throws OllamaError `invalid-request` that names the address and what is wrong with it
 */
export function parseListenerAddress(text: string): ListenerAddress {
  if (isUnixAddress(text)) return parseUnixAddress(text);
  const { address, warning } = parseHost(text);
  if (warning !== undefined) throw new OllamaError('invalid-request', `"${text}": ${warning}`);
  if (address.path !== '') throw new OllamaError('invalid-request', `"${text}": a server has no path`);
  return tcpAddress(address, text);
}

/** The address of `OLLAMA_HOST`, whose path only clients use. @throws OllamaError `invalid-request` */
export function hostListener(address: HostAddress): ListenerAddress {
  const text = hostUrl(address);
  return isUnixAddress(text) ? parseUnixAddress(text) : tcpAddress(address, text);
}

function tcpAddress({ scheme, host, port }: HostAddress, text: string): TcpAddress {
  if (scheme !== 'http' && scheme !== 'https') {
    throw new OllamaError('invalid-request', `"${text}": "${scheme}" is not one of http, https and unix`);
  }
  return { kind: 'tcp', isSecure: scheme === 'https', host, port };
}

/**
 * The value keeps what is wrong, because a server that cannot listen everywhere it was told to must not start, while the
 * default would be another address.
 */
export const parseListeners = withForm<readonly string[]>({ kind: 'list' }, (text) => {
  const { value } = parseNames(text, []);
  if (value.length > MAX_LISTENERS) return { value, warning: `more than ${MAX_LISTENERS} addresses` };
  for (const item of value) {
    try {
      parseListenerAddress(item);
    } catch (error) {
      return { value, warning: messageOf(error) };
    }
  }
  return { value };
});
