import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prerequisite } from '../../../test/fakes/prerequisites.ts';
import { encodePrivateKey, generateSshKey, parsePrivateKey, publicKeyLine } from './ssh-key.ts';

const run = promisify(execFile);
const hasSshKeygen = await run('ssh-keygen', ['-?'])
  .then(
    () => true,
    (error: { code?: unknown }) => error.code !== 'ENOENT',
  )
  .then((found) => prerequisite('ssh-keygen', found));

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssh-key-'));
  path = join(folder, 'key');
});
afterEach(() => rm(folder, { recursive: true }));

const make = async (...options: string[]) => {
  await run('ssh-keygen', ['-q', '-f', path, ...options]);
  return readFile(path, 'utf8');
};

it('reads what it has written', () => {
  const key = generateSshKey();
  const read = parsePrivateKey(encodePrivateKey(key));
  expect(read.publicBlob).toBe(key.publicBlob);
  expect(read.privateKey.equals(key.privateKey)).toBe(true);
});

describe.skipIf(!hasSshKeygen)('with ssh-keygen', () => {
  it('writes keys that ssh-keygen reads, with the same public key', async () => {
    const key = generateSshKey();
    await writeFile(path, encodePrivateKey(key), { mode: 0o600 });
    const { stdout } = await run('ssh-keygen', ['-y', '-f', path]);
    expect(stdout.trim()).toBe(publicKeyLine(key).trim());
  });

  it('reads keys that ssh-keygen wrote, with and without a comment', async () => {
    for (const comment of ['', 'someone@somewhere']) {
      const key = parsePrivateKey(await make('-t', 'ed25519', '-N', '', '-C', comment));
      expect(`${await readFile(`${path}.pub`, 'utf8')}`.split(' ')[1]?.trim()).toBe(key.publicBlob);
      await rm(path);
    }
  });

  it('reports why it cannot use other keys', async () => {
    const locked = await make('-t', 'ed25519', '-N', 'secret');
    expect(() => parsePrivateKey(locked)).toThrow('it has a passphrase');
    await rm(path);
    const other = await make('-t', 'ecdsa', '-N', '');
    expect(() => parsePrivateKey(other)).toThrow('it is not an ed25519 key');
  });
});

it('reports why it cannot use invalid keys, wherever they are cut', () => {
  const pem = encodePrivateKey(generateSshKey());
  const [begin, ...rest] = pem.trimEnd().split('\n');
  const end = rest.pop();
  const bytes = Buffer.from(rest.join(''), 'base64');
  for (let length = 0; length < bytes.length - 8; length += 1) {
    const cut = `${begin}\n${bytes.subarray(0, length).toString('base64')}\n${end}\n`;
    expect(() => parsePrivateKey(cut)).toThrow('the private key cannot be used');
  }
  expect(() => parsePrivateKey('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----')).toThrow(
    'it is not in OpenSSH format',
  );
});
