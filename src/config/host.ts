/** `OLLAMA_HOST`: the address where the server listens, and where clients connect to it. */

export interface HostAddress {
  readonly scheme: string;
  /** Without brackets; "" = all interfaces. */
  readonly host: string;
  readonly port: number;
  /** Without a leading slash. */
  readonly path: string;
}

const DEFAULT_PORT = 11434;
const HIGHEST_PORT = 65535;
/** The only host name that implies https. */
const CLOUD_HOST = 'ollama.com';
const portByScheme: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Reads `[scheme://]host[:port][/path]`, each part optional. */
export function parseHost(text: string): { address: HostAddress; warning?: string } {
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
  return `${scheme}://${urlHost(host)}:${port}${path ? `/${path}` : ''}`;
}

const loopbackByWildcard: Readonly<Record<string, string>> = {
  '': '127.0.0.1',
  '0.0.0.0': '127.0.0.1',
  '::': '::1',
};

/** The URL that a client on this machine can connect to, even if the server listens on all interfaces. */
export function connectableUrl(address: HostAddress): string {
  return hostUrl({ ...address, host: loopbackByWildcard[address.host] ?? address.host });
}
