/** Where a server listens: the sockets that the service manager passed, `OLLAMA_LISTEN`, or else `OLLAMA_HOST`. */
import { OllamaError } from '../../base/errors.ts';
import type { Config } from '../../config/config.ts';
import { hostListener, type ListenerAddress, parseListenerAddress } from '../../config/listener-address.ts';
import { unixUrl } from '../../config/unix-address.ts';
import type { InheritedSocket } from './inherited-sockets.ts';

export type Listener = ListenerAddress | InheritedSocket;

type ListenSettings = Pick<Config, 'host' | 'listen' | 'tlsCertificate' | 'tlsKey' | 'tlsClientAuthority'>;

/**
 * Chooses the listeners, all of which must be opened.
 * @throws OllamaError `invalid-request` for an address that is not valid, that comes twice, or that lacks a certificate; and
 *   for a certificate that no address uses, because whoever sets one expects that the server speaks TLS
 */
export function chooseListeners(
  settings: ListenSettings,
  inherited: readonly InheritedSocket[] = [],
): Listener[] {
  const { host, listen } = settings;
  const isByHost = listen.length === 0 && inherited.length === 0;
  const listeners: Listener[] = isByHost
    ? [named('OLLAMA_HOST', () => hostListener(host))]
    : [...inherited, ...listen.map((text) => named('OLLAMA_LISTEN', () => parseListenerAddress(text)))];
  requireDistinct(listeners);
  requireCertificate(listeners, settings);
  return listeners;
}

export function isSecure(listener: Listener): boolean {
  return listener.kind !== 'unix' && listener.isSecure;
}

/** For people: "https://127.0.0.1:11434", "unix:///run/ollama.sock". */
export function listenerText(listener: Listener): string {
  if (listener.kind === 'unix') return unixUrl(listener.path);
  const scheme = listener.isSecure ? 'https' : 'http';
  if (listener.kind === 'inherited')
    return `${scheme} socket "${listener.name}" (descriptor ${listener.descriptor})`;
  return `${scheme}://${listener.host.includes(':') ? `[${listener.host}]` : listener.host}:${listener.port}`;
}

function requireDistinct(listeners: readonly Listener[]): void {
  const seen = new Set<string>();
  for (const listener of listeners) {
    // A free port can be asked for more than once.
    const place = listener.kind === 'tcp' ? `${listener.host} ${listener.port}` : listenerText(listener);
    if (seen.has(place) && !(listener.kind === 'tcp' && listener.port === 0)) {
      throw new OllamaError('invalid-request', `OLLAMA_LISTEN: ${listenerText(listener)} comes twice`);
    }
    seen.add(place);
  }
}

function requireCertificate(listeners: readonly Listener[], settings: ListenSettings): void {
  const { tlsCertificate, tlsKey, tlsClientAuthority } = settings;
  const secure = listeners.find(isSecure);
  if (secure && tlsCertificate === '') {
    const message = `${listenerText(secure)} needs a certificate: set OLLAMA_TLS_CERT and OLLAMA_TLS_KEY`;
    throw new OllamaError('invalid-request', message);
  }
  const given = Object.entries({
    OLLAMA_TLS_CERT: tlsCertificate,
    OLLAMA_TLS_KEY: tlsKey,
    OLLAMA_TLS_CLIENT_CA: tlsClientAuthority,
  });
  const [unused] = given.find(([, path]) => path !== '') ?? [];
  if (secure || unused === undefined) return;
  const message = `${unused} is set, but no address uses TLS: begin one with https://, as in OLLAMA_HOST=https://0.0.0.0:11434`;
  throw new OllamaError('invalid-request', message);
}

function named<T>(variable: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    throw new OllamaError(error.code, `${variable}: ${error.message}`, { cause: error });
  }
}
