/** `OLLAMA_HOST`: the address where the server listens, and where clients connect to it. */
import { isIPv4 } from 'node:net';
import { messageOf } from '../base/errors.ts';
import { isUnixAddress, parseUnixAddress, UNIX_SCHEME, unixUrl } from './unix-address.ts';
import { withForm } from './values.ts';

export interface HostAddress {
  readonly scheme: string;
  /** Without brackets; "" = all interfaces. */
  readonly host: string;
  readonly port: number;
  /** Without a leading slash; for the scheme "unix", the path of the socket and its parameters. */
  readonly path: string;
}

const DEFAULT_PORT = 11434;
const HIGHEST_PORT = 65535;
/** The only host name that implies https. */
const CLOUD_HOST = 'ollama.com';
const portByScheme: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Reads `[scheme://]host[:port][/path]`, each part optional, or `unix:///path`. */
export function parseHost(text: string): { address: HostAddress; warning?: string } {
  if (isUnixAddress(text)) return parseSocket(text);
  if (text === CLOUD_HOST) return { address: { scheme: 'https', host: CLOUD_HOST, port: 443, path: '' } };
  const separator = text.indexOf('://');
  const scheme = separator < 0 ? 'http' : text.slice(0, separator);
  const rest = separator < 0 ? text : text.slice(separator + '://'.length);
  const defaultPort = separator < 0 ? DEFAULT_PORT : (portByScheme[scheme] ?? DEFAULT_PORT);
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash + 1);
  const { host, portText } = splitAuthority(authority);
  if (portText === undefined)
    return { address: { scheme, host: host || '127.0.0.1', port: defaultPort, path } };
  const port = /^\d+$/.test(portText) ? Number(portText) : Number.NaN;
  if (port <= HIGHEST_PORT) return { address: { scheme, host, port, path } };
  return {
    address: { scheme, host, port: defaultPort, path },
    warning: `"${portText}" is not a port (0 to ${HIGHEST_PORT})`,
  };
}

function parseSocket(text: string): { address: HostAddress; warning?: string } {
  const address = { scheme: UNIX_SCHEME, host: '', port: 0, path: text.slice(unixUrl('').length) };
  try {
    parseUnixAddress(text);
    return { address };
  } catch (error) {
    return { address, warning: messageOf(error) };
  }
}

function splitAuthority(authority: string): { host: string; portText?: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(authority);
  if (bracketed) return withPort(bracketed[1] ?? '', bracketed[2]);
  const colons = authority.split(':').length - 1;
  // A host with more than one colon and no brackets is a bare IPv6 address.
  if (colons !== 1) return { host: authority };
  const colon = authority.indexOf(':');
  return withPort(authority.slice(0, colon), authority.slice(colon + 1));
}

function withPort(host: string, portText: string | undefined): { host: string; portText?: string } {
  return portText === undefined ? { host } : { host, portText };
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

export function hostUrl({ scheme, host, port, path }: HostAddress): string {
  if (scheme === UNIX_SCHEME) return unixUrl(path);
  return `${scheme}://${urlHost(host)}:${port}${path ? `/${path}` : ''}`;
}

const loopbackByWildcard: Readonly<Record<string, string>> = {
  '': '127.0.0.1',
  '0.0.0.0': '127.0.0.1',
  '::': '::1',
};

/**
 * The URL that a client on this machine can connect to, even if the server listens on all interfaces; `unix:///path` for
 * a socket.
 */
export function connectableUrl(address: HostAddress): string {
  if (address.scheme === UNIX_SCHEME) return unixUrl(address.path.replace(/\?.*$/, ''));
  return hostUrl({ ...address, host: loopbackByWildcard[address.host] ?? address.host });
}

/** Whether a client that connects to this host reaches its own machine and no other. */
export function isOwnHost(host: string): boolean {
  const name = loopbackByWildcard[host] ?? host.toLowerCase();
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

/** `parseHost` as the parser of a setting. */
export const parseHostAddress = withForm<HostAddress>({ kind: 'text' }, (text) => {
  const { address, warning } = parseHost(text);
  return { value: address, ...(warning !== undefined && { warning }) };
});
