import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissionsOf } from '../../../test/fakes/mode-bits.ts';
import { credentialProblem } from './credential.ts';
import { CredentialFile } from './credential-file.ts';

let folder: string;
let path: string;
let warnings: string[];
let file: CredentialFile;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credential-file-'));
  path = join(folder, 'auth.json');
  warnings = [];
  file = new CredentialFile(folder, (message) => warnings.push(message));
});
afterEach(() => rm(folder, { recursive: true }));

const ada = { username: 'ada', password: 'pass:word é' };

it('returns what was stored, by host, until it is removed', async () => {
  expect(await file.find('a.example')).toBeUndefined();
  await file.store('A.example:5000', ada);
  await file.store('b.example', { token: 'hf_x' });
  expect(await file.find('a.example:5000')).toEqual(ada);
  expect(await file.find('B.EXAMPLE')).toEqual({ token: 'hf_x' });
  expect(await file.find('a.example')).toBeUndefined();
  expect(await file.find('constructor')).toBeUndefined();
  expect(await file.remove('a.example:5000')).toBe(true);
  expect(await file.remove('a.example:5000')).toBe(false);
  expect(await file.find('a.example:5000')).toBeUndefined();
  expect(await file.find('b.example')).toEqual({ token: 'hf_x' });
  expect(warnings).toEqual([]);
});

/** Windows has no mode bits. */
const onPosix = it.skipIf(process.platform === 'win32');

onPosix('is readable only by its user, and warns otherwise', async () => {
  await file.store('a.example', ada);
  expect(await permissionsOf(path, 0o600)).toBe(0o600);
  await chmod(path, 0o644);
  await file.find('a.example');
  expect(warnings).toEqual([`${path} can be read by other users: run "chmod 600 ${path}"`]);
  await file.store('b.example', ada);
  expect(await permissionsOf(path, 0o600)).toBe(0o600);
});

it('keeps what other programs wrote', async () => {
  const theirs = { auths: { 'x.example': { auth: 'YTpi', email: 'e' } }, credsStore: 'desktop' };
  await writeFile(path, JSON.stringify(theirs), { mode: 0o600 });
  expect(await file.find('x.example')).toEqual({ username: 'a', password: 'b' });
  await file.store('y.example', { token: 't' });
  const written = JSON.parse(await readFile(path, 'utf8'));
  expect(written).toEqual({ ...theirs, auths: { ...theirs.auths, 'y.example': { registrytoken: 't' } } });
});

it.each([
  ['invalid JSON', 'ada:secret', 'the file is malformed'],
  ['a wrong type', '{"auths":["secret"]}', 'auths is malformed'],
  ['an invalid entry', '{"auths":{"a.example":{"auth":5}}}', 'auths.a.example.auth is malformed'],
  ['a missing user name', '{"auths":{"a.example":{"auth":"OnNlY3JldA=="}}}', 'run "ollama login a.example"'],
  ['an empty entry', '{"auths":{"a.example":{}}}', 'run "ollama login a.example"'],
  ['an oversized file', ' '.repeat(2_000_000), 'is larger than 1048576 bytes'],
])('reports %s without quoting its content', async (_, text, expected) => {
  await writeFile(path, text, { mode: 0o600 });
  const refusal = await file.find('a.example').catch((error: Error) => error.message);
  expect(refusal).toContain(expected);
  expect(refusal).toContain(path);
  expect(refusal).not.toContain('secret');
});

describe('a credential', () => {
  it.each([
    [{ token: '' }, 'empty'],
    [{ token: 'a b' }, 'invalid characters'],
    [{ token: 'a\r\nX: 1' }, 'invalid characters'],
    [{ token: 'x'.repeat(9000) }, 'longer than'],
    [{ username: '', password: 'x' }, 'user name is empty'],
    [{ username: 'a:b', password: 'x' }, 'colon'],
    [{ username: 'a', password: '' }, 'empty'],
    [{ username: 'a', password: 'x\n' }, 'control characters'],
  ])('that cannot be sent is refused: %o', (credential, expected) => {
    expect(credentialProblem(credential)).toContain(expected);
  });

  it('may contain anything else', () => expect(credentialProblem(ada)).toBeUndefined());
});
