import { OllamaError } from '../../base/errors.ts';
import { bypassesProxy } from './no-proxy.ts';

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/** A proxy that a request goes through. */
export interface ProxyServer {
  /** Scheme, host and port, without user name and password. */
  readonly origin: string;
  /** Value of the Proxy-Authorization header. */
  readonly authorization?: string;
  /** The environment variable that names the proxy, for messages. */
  readonly variable: 'HTTPS_PROXY' | 'HTTP_PROXY';
}

/**
 * Returns the proxy for a URL (rules of Go's httpproxy): HTTPS_PROXY or HTTP_PROXY by the URL's scheme, with names in
 * upper or lower case, unless NO_PROXY covers it.
 * @throws OllamaError `upstream` when the variable is not a proxy URL; never repeats its text
 */
export function proxyFor(url: URL, environment: ProxyEnvironment): ProxyServer | undefined {
  const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const address = inEitherCase(environment, variable);
  if (address === '' || bypassesProxy(url, inEitherCase(environment, 'NO_PROXY'))) return undefined;
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  const parsed = URL.canParse(full) ? new URL(full) : undefined;
  if (!parsed?.hostname || !['http:', 'https:'].includes(parsed.protocol)) throw notAProxy(variable);
  const authorization = authorizationOf(parsed, variable);
  return { origin: parsed.origin, variable, ...(authorization !== undefined && { authorization }) };
}

function inEitherCase(environment: ProxyEnvironment, name: string): string {
  return (environment[name] || environment[name.toLowerCase()] || '').trim();
}

/** Basic authorization (RFC 7617) from the percent-decoded user name and password. */
function authorizationOf({ username, password }: URL, variable: string): string | undefined {
  if (username === '' && password === '') return undefined;
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  } catch {
    throw notAProxy(variable);
  }
}

function notAProxy(variable: string): OllamaError {
  const message = `${variable} is not the URL of an HTTP proxy, such as http://proxy.example:3128 or http://user:password@proxy.example:3128`;
  return new OllamaError('upstream', message);
}
