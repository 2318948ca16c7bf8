import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { permissionsOf } from '../../../test/fakes/mode-bits.ts';
import { KeyFile } from './key-file.ts';
import { encodePrivateKey, generateSshKey, parsePrivateKey } from './ssh-key.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('creates a pair that only its user can read, and keeps it', async () => {
  const line = await new KeyFile(folder).ensure();
  expect(line).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[\w+/]+\n$/);
  expect(await readFile(join(folder, 'id_ed25519.pub'), 'utf8')).toBe(line);
  expect(await permissionsOf(join(folder, 'id_ed25519'), 0o600)).toBe(0o600);
  expect(await permissionsOf(join(folder, 'id_ed25519.pub'), 0o644)).toBe(0o644);
  const pem = await readFile(join(folder, 'id_ed25519'));
  expect(await new KeyFile(folder).ensure()).toBeUndefined();
  expect(await readFile(join(folder, 'id_ed25519'))).toEqual(pem);
});

it('creates one pair however many callers start at once', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => new KeyFile(folder).ensure()));
  const lines = made.filter((line) => line !== undefined);
  expect(lines).toHaveLength(1);
  const { publicBlob } = parsePrivateKey(await readFile(join(folder, 'id_ed25519'), 'utf8'));
  expect(lines[0]).toBe(`ssh-ed25519 ${publicBlob}\n`);
  expect((await readdir(folder)).sort()).toEqual(['id_ed25519', 'id_ed25519.pub']);
});

it('signs with the existing pair', async () => {
  const key = generateSshKey();
  await writeFile(join(folder, 'id_ed25519'), encodePrivateKey(key));
  const [publicBlob, signature = ''] = (await new KeyFile(folder).sign('text'))?.split(':') ?? [];
  expect(publicBlob).toBe(key.publicBlob);
  const publicKey = createPublicKey(key.privateKey);
  expect(verify(null, Buffer.from('text'), publicKey, Buffer.from(signature, 'base64'))).toBe(true);
});

it('signs nothing without a key, and names the file of a broken one', async () => {
  expect(await new KeyFile(folder).sign('text')).toBeUndefined();
  expect(await new KeyFile(join(folder, 'none')).sign('text')).toBeUndefined();
  await writeFile(join(folder, 'id_ed25519'), 'nonsense');
  await expect(new KeyFile(folder).sign('text')).rejects.toThrow(
    `${join(folder, 'id_ed25519')}: the private key cannot be used: it is not in OpenSSH format`,
  );
});
