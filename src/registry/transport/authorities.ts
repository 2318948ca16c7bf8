/** Certificate authorities that are trusted for registries and HTTPS proxies. */
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import tls from 'node:tls';
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import { readRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Certificate bundles of Linux and BSD; the first that exists is used (list of Go's crypto/x509). */
const systemBundles: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Mozilla's complete list takes 220 KB. */
const MAX_BUNDLE_BYTES = 16 * MIB;

/** A certificate folder contains a few hundred files. */
const MAX_FOLDER_FILES = 4096;

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;

/**
 * Collects all authorities: Node's own, the system's, and those of SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS.
 * @returns PEM texts
 * @throws OllamaError `upstream` naming the variable whose file cannot be read
 */
export async function readAuthorities(environment: Environment): Promise<string[]> {
  const texts = new Set([...tls.rootCertificates, ...systemAuthorities()]);
  for (const path of systemBundles) {
    const text = await readRegularFile(path, MAX_BUNDLE_BYTES).then(String, () => '');
    if (!CERTIFICATE.test(text)) continue;
    texts.add(text);
    break;
  }
  for (const variable of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
    const path = environment[variable];
    if (path) texts.add(await named(variable, () => readBundle(path)));
  }
  for (const folder of (environment.SSL_CERT_DIR ?? '').split(delimiter).filter((path) => path !== '')) {
    for (const text of await named('SSL_CERT_DIR', () => readFolder(folder))) texts.add(text);
  }
  return [...texts];
}

/** Authorities in the stores of macOS and Windows, which newer versions of Node can read. */
function systemAuthorities(): readonly string[] {
  if (process.platform !== 'darwin' && process.platform !== 'win32') return [];
  const read: unknown = 'getCACertificates' in tls ? tls.getCACertificates : undefined;
  const found: unknown = typeof read === 'function' ? read('system') : [];
  return Array.isArray(found) ? found.map(String) : [];
}

async function named<T>(variable: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new OllamaError('upstream', `${variable}: ${messageOf(error)}`, { cause: error });
  }
}

async function readBundle(path: string): Promise<string> {
  const text = (await readRegularFile(path, MAX_BUNDLE_BYTES)).toString();
  if (!CERTIFICATE.test(text)) throw new Error(`${path} contains no certificate in PEM format`);
  return text;
}

/** Reads every certificate file in the folder; links named after a hash point to files beside them. */
async function readFolder(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).slice(0, MAX_FOLDER_FILES);
  const texts: string[] = [];
  for (const name of names) {
    const text = await readBundle(join(folder, name)).catch((error: unknown) => {
      if (systemCode(error) === 'EACCES') throw error;
      return undefined;
    });
    if (text !== undefined) texts.push(text);
  }
  return texts;
}
