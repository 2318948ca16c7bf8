/** Further addresses of the server, its certificate, and what clients need to trust it. */
import { parseListeners } from '../listener-address.ts';
import { type Setting, setting } from '../setting.ts';
import type { SettingValue } from '../value-text.ts';
import { parseText } from '../values.ts';

export const listeningSettings = {
  listen: setting(
    'OLLAMA_LISTEN',
    parseListeners,
    [],
    'Addresses where the server listens, separated by commas: HOST:PORT, https://HOST:PORT, unix:///PATH?mode=0660&group=NAME (default OLLAMA_HOST)',
    { empty: 'OLLAMA_HOST' },
  ),
  tlsCertificate: setting(
    'OLLAMA_TLS_CERT',
    parseText,
    '',
    'PEM file with the certificate of the server and its intermediate ones, for https addresses (default none)',
  ),
  tlsKey: setting(
    'OLLAMA_TLS_KEY',
    parseText,
    '',
    'PEM file with the private key of the certificate (default the file of OLLAMA_TLS_CERT)',
  ),
  tlsClientAuthority: setting(
    'OLLAMA_TLS_CLIENT_CA',
    parseText,
    '',
    'PEM file with the authorities of clients; others are refused on https addresses (default none: clients need no certificate)',
  ),
  tlsAuthority: setting(
    'OLLAMA_TLS_CA',
    parseText,
    '',
    'PEM file with further authorities that commands trust when they connect to a server by https (default none)',
  ),
  tlsClientCertificate: setting(
    'OLLAMA_TLS_CLIENT_CERT',
    parseText,
    '',
    'PEM file with the certificate that commands present to a server (default none)',
  ),
  tlsClientKey: setting(
    'OLLAMA_TLS_CLIENT_KEY',
    parseText,
    '',
    'PEM file with the private key of OLLAMA_TLS_CLIENT_CERT (default the file of OLLAMA_TLS_CLIENT_CERT)',
  ),
} as const;

export interface ListeningConfig {
  /** Addresses of the server; empty = `host`. */
  readonly listen: readonly string[];
  /** Paths of what the server presents and whom it accepts; "" = none. */
  readonly tlsCertificate: string;
  readonly tlsKey: string;
  readonly tlsClientAuthority: string;
  /** Paths of what commands trust and present as clients; "" = none. */
  readonly tlsAuthority: string;
  readonly tlsClientCertificate: string;
  readonly tlsClientKey: string;
}

export function readListening(read: <T extends SettingValue>(setting: Setting<T>) => T): ListeningConfig {
  const { listen, tlsCertificate, tlsKey, tlsClientAuthority } = listeningSettings;
  const { tlsAuthority, tlsClientCertificate, tlsClientKey } = listeningSettings;
  return {
    listen: read(listen),
    tlsCertificate: read(tlsCertificate),
    tlsKey: read(tlsKey),
    tlsClientAuthority: read(tlsClientAuthority),
    tlsAuthority: read(tlsAuthority),
    tlsClientCertificate: read(tlsClientCertificate),
    tlsClientKey: read(tlsClientKey),
  };
}
