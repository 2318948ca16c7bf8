import { chmod, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/fakes/fake-clock.ts';
import {
  CertificateFolder,
  type CertificatePaths,
} from '../../../../test/fakes/servers/certificate-files.ts';
import type { LogFields, Logger } from '../../../base/logger.ts';
import { certificateExpiry } from './certificate-expiry.ts';
import { ServedCertificate } from './served-certificate.ts';

const DAY_MS = 86_400_000;

let folder: string;
let certificates: CertificateFolder;
let paths: CertificatePaths;
let clock: FakeClock;
let lines: { level: string; message: string; fields?: LogFields | undefined }[];
let served: ServedCertificate | undefined;
let changes: Buffer[];

const note = (level: string) => (message: string, fields?: LogFields) =>
  void lines.push({ level, message, fields });
const logger: Logger = {
  debug: note('debug'),
  info: note('info'),
  warn: note('warn'),
  error: note('error'),
  child: () => logger,
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-certificate-'));
  certificates = await CertificateFolder.create(folder);
  paths = await certificates.write('server');
  clock = new FakeClock();
  clock.setDate(Date.now());
  [lines, changes] = [[], []];
});
afterEach(async () => {
  served?.stop();
  await rm(folder, { recursive: true });
});

async function open(): Promise<ServedCertificate> {
  served = await ServedCertificate.open({
    files: { certificate: paths.cert, key: paths.key },
    clock,
    logger,
  });
  served.onChange(({ cert }) => changes.push(cert));
  return served;
}

/** Lets the watch look until it has seen what is expected. */
async function lookUntil<T>(state: () => T, expected: T): Promise<void> {
  const look = () => {
    clock.advance(2000);
    return state();
  };
  await expect.poll(look, { timeout: 20_000, interval: 20 }).toEqual(expected);
}

/** Lets the watch look a few times more. */
async function look(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    clock.advance(2000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const problems = () => lines.filter(({ level }) => level === 'warn' || level === 'error');

describe('ServedCertificate', () => {
  it('takes new files without being told, and again when it is told', async () => {
    const certificate = await open();
    const next = await certificates.issue('next');
    await writeFile(paths.key, next.key);
    await writeFile(paths.cert, next.cert);
    await lookUntil(() => String(certificate.content.cert), next.cert);
    expect(changes.map(String)).toEqual([next.cert]);
    const last = await certificates.issue('last');
    await writeFile(paths.key, last.key);
    await writeFile(paths.cert, last.cert);
    await certificate.reload();
    expect(String(certificate.content.cert)).toBe(last.cert);
    await certificate.reload();
    expect(changes).toHaveLength(2);
    expect(lines.filter(({ message }) => message === 'certificate in use')).toHaveLength(3);
  });

  it('follows links that are exchanged, as Kubernetes does', async () => {
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    await rename(paths.cert, first);
    await symlink(first, paths.cert);
    const certificate = await open();
    const { cert } = await certificates.issue('second');
    await writeFile(second, cert);
    await rm(paths.cert);
    await symlink(second, paths.cert);
    const expected = `OLLAMA_TLS_KEY: ${paths.key} is not the key of the certificate in ${paths.cert}`;
    await lookUntil(() => problems().at(-1)?.fields?.reason, expected);
    await writeFile(paths.key, await readFile(join(folder, 'authority/second.key')));
    await lookUntil(() => String(certificate.content.cert), cert);
  });

  it.each([
    ['half a certificate', (text: string) => text.slice(0, text.length / 2), 'OLLAMA_TLS_CERT'],
    ['an empty file', () => '', 'contains no certificate in PEM format'],
    [
      'a damaged certificate',
      (text: string) => text.replace(/[A-Za-z]{20}/, 'A'.repeat(20)),
      'OLLAMA_TLS_CERT',
    ],
    ['the key of another one', async () => (await certificates.issue('other')).cert, 'is not the key of'],
  ])('keeps the certificate when it finds %s, and says why once', async (_, change, reason) => {
    const certificate = await open();
    const before = String(certificate.content.cert);
    await writeFile(paths.cert, await change(before));
    await lookUntil(() => problems().length, 1);
    await look();
    expect(String(certificate.content.cert)).toBe(before);
    expect(problems()).toEqual([
      {
        level: 'error',
        message: 'the certificate could not be read again; the previous one stays in use',
        fields: { reason: expect.stringContaining(reason) },
      },
    ]);
    await writeFile(paths.cert, before);
    await look();
    expect(problems()).toHaveLength(1);
    expect(changes).toEqual([]);
  });

  it('keeps the certificate when its files disappear', async () => {
    const certificate = await open();
    await rm(paths.cert);
    await certificate.reload();
    expect(problems()).toHaveLength(1);
    expect(String(certificate.content.cert)).toContain('BEGIN CERTIFICATE');
  });

  it('warns about a key that everybody may read', async () => {
    await chmod(paths.key, 0o644);
    await open();
    expect(problems()).toEqual([
      {
        level: 'warn',
        message: expect.stringContaining('change its mode to 0600'),
        fields: { file: paths.key },
      },
    ]);
  });

  it('warns each day from two weeks before the end', async () => {
    paths = await certificates.write('short', { days: 10 });
    const certificate = await open();
    expect(certificate.expiry).toMatch(/^valid until \d{4}-\d\d-\d\d, which is in (?:9|10) days$/);
    expect(problems()).toHaveLength(1);
    clock.advance(2000);
    await look();
    expect(problems()).toHaveLength(1);
    clock.advance(DAY_MS);
    await lookUntil(() => problems().length, 2);
  });

  it.each([
    ['OLLAMA_TLS_CERT', () => ({ certificate: paths.key, key: paths.key }), 'contains no certificate'],
    ['OLLAMA_TLS_KEY', () => ({ certificate: paths.cert, key: paths.cert }), 'contains no private key'],
    ['OLLAMA_TLS_CERT', () => ({ certificate: folder, key: paths.key }), 'is a folder'],
    ['OLLAMA_TLS_KEY', () => ({ certificate: paths.cert, key: '/nothing' }), 'ENOENT'],
    [
      'OLLAMA_TLS_CLIENT_CA',
      () => ({ certificate: paths.cert, key: paths.key, clientAuthority: paths.key }),
      'contains no certificate',
    ],
  ])('names %s when its file cannot be used', async (setting, files, reason) => {
    const opening = ServedCertificate.open({ files: files(), clock, logger });
    await expect(opening).rejects.toThrow(reason);
    await expect(opening).rejects.toThrow(`${setting}: `);
  });
});

it.each([
  [30 * DAY_MS, 'valid until 2027-01-31', false],
  [13.5 * DAY_MS, 'valid until 2027-01-31, which is in 13 days', true],
  [DAY_MS, 'valid until 2027-01-31, which is in 1 day', true],
  [1, 'valid until 2027-01-31, which is in less than a day', true],
  [-1, 'expired on 2027-01-31', true],
])('%s ms before the end, a certificate is described', (left, text, isNear) => {
  const end = Date.UTC(2027, 0, 31);
  expect(certificateExpiry(end, end - left)).toEqual({ text, isNear });
});
