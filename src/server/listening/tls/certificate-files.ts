/** Reads the certificate of the server, its key and the authorities of its clients, and checks that they belong together. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { messageOf, OllamaError } from '../../../base/errors.ts';
import { readRegularFile } from '../../../base/regular-file.ts';
import { MIB } from '../../../base/units.ts';
import type { Config } from '../../../config/config.ts';

/** A chain takes a few kilobytes; the authorities of a large organisation some hundred. */
const MAX_BYTES = MIB;
const OTHERS_MAY_READ = 0o004;

/** Paths. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthority?: string;
}

/** PEM texts, as `tls.createSecureContext` takes them. */
export interface CertificateContent {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Absent = clients need no certificate. */
  readonly ca?: Buffer;
}

export interface ReadCertificate {
  readonly content: CertificateContent;
  /** The name in it, such as "CN=example.com". */
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly validUntil: number;
  /** Whether every user of this machine may read the private key. */
  readonly isKeyExposed: boolean;
}

/** @returns undefined if no certificate is configured */
export function certificateFiles({
  tlsCertificate,
  tlsKey,
  tlsClientAuthority,
}: Pick<Config, 'tlsCertificate' | 'tlsKey' | 'tlsClientAuthority'>): CertificateFiles | undefined {
  if (tlsCertificate === '') return undefined;
  return {
    certificate: tlsCertificate,
    key: tlsKey || tlsCertificate,
    ...(tlsClientAuthority !== '' && { clientAuthority: tlsClientAuthority }),
  };
}

/** @throws OllamaError `invalid-request` naming the setting and what is wrong with its file */
export async function readCertificate(files: CertificateFiles): Promise<ReadCertificate> {
  const { certificate, key, clientAuthority } = files;
  const cert = await named('OLLAMA_TLS_CERT', () => readRegularFile(certificate, MAX_BYTES));
  const leaf = await named('OLLAMA_TLS_CERT', () => parseCertificate(cert, certificate));
  const keyBytes = await named('OLLAMA_TLS_KEY', () => readRegularFile(key, MAX_BYTES));
  const privateKey = await named('OLLAMA_TLS_KEY', () => parseKey(keyBytes, key));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new OllamaError(
      'invalid-request',
      `OLLAMA_TLS_KEY: ${key} is not the key of the certificate in ${certificate}`,
    );
  }
  const ca =
    clientAuthority === undefined
      ? undefined
      : await named('OLLAMA_TLS_CLIENT_CA', () => readAuthorities(clientAuthority));
  const content = { cert, key: keyBytes, ...(ca && { ca }) };
  // What remains, such as a chain that is cut off in the middle, shows when the texts are used.
  await named('OLLAMA_TLS_CERT', () => createSecureContext(content));
  const { mode } = await named('OLLAMA_TLS_KEY', () => stat(key));
  return {
    content,
    subject: leaf.subject.replaceAll('\n', ', '),
    validUntil: Date.parse(leaf.validTo),
    isKeyExposed: (mode & OTHERS_MAY_READ) !== 0,
  };
}

function parseCertificate(bytes: Buffer, path: string): X509Certificate {
  if (!bytes.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error(`${path} contains no certificate in PEM format`);
  try {
    return new X509Certificate(bytes);
  } catch (error) {
    throw new Error(`the certificate in ${path} is damaged (${messageOf(error)})`);
  }
}

function parseKey(bytes: Buffer, path: string): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(bytes.toString('latin1'))) {
    throw new Error(`${path} contains no private key in PEM format`);
  }
  try {
    return createPrivateKey(bytes);
  } catch (error) {
    if (!bytes.includes('ENCRYPTED')) throw error;
    throw new Error(
      `the key in ${path} is encrypted: store it without a passphrase, readable only by the server`,
    );
  }
}

async function readAuthorities(path: string): Promise<Buffer> {
  const bytes = await readRegularFile(path, MAX_BYTES);
  parseCertificate(bytes, path);
  return bytes;
}

async function named<T>(variable: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new OllamaError('invalid-request', `${variable}: ${messageOf(error)}`, { cause: error });
  }
}
