/** The install script with an archive that needs no Node. The archive is a small one whose program is a shell script. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandResult } from '../support/server-process.ts';

const script = fileURLToPath(new URL('../../../scripts/install.sh', import.meta.url));
const unit = fileURLToPath(new URL('../../../packaging/ollama.service', import.meta.url));

let folder: string;
let archive: string;
let digest: string;
const at = (path: string) => join(folder, path);

function run(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        result[name] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...result }));
  });
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), text);
  if (path.includes('bin/')) await chmod(at(path), 0o755);
}

/** Makes the archive of a program, with its checksum beside it. */
async function pack(program: string, mark = 'licenses/ollama-ts.txt'): Promise<void> {
  await rm(at('made'), { recursive: true, force: true });
  await write('made/bin/ollama', `#!/bin/sh\n${program}\n`);
  await write('made/lib/ollama/libggml-base.so', 'library');
  await write('made/lib/ollama/ollama.service', await readFile(unit, 'utf8'));
  await write(`made/lib/ollama/${mark}`, 'license');
  await run('tar', ['-czf', archive, '-C', at('made'), 'bin', 'lib']);
  digest = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex');
  await write('release/sha256sum.txt', `${'0'.repeat(64)}  other.tgz\n${digest}  ${basename(archive)}\n`);
}

/** Neither Node nor npm may be used, and nothing on the machine may change. */
function install(args: readonly string[] = [], env: Record<string, string> = {}): Promise<CommandResult> {
  return run('sh', [script, ...args], {
    DESTDIR: at('root'),
    HOME: at('home'),
    PATH: `${at('stubs/bin')}:${process.env.PATH}`,
    OLLAMA_PACKAGE: archive,
    ...env,
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-install-archive-'));
  archive = at('release/ollama-linux-amd64.tgz');
  for (const name of ['root', 'home', 'release']) await mkdir(at(name));
  for (const name of ['node', 'npm', 'sudo']) await write(`stubs/bin/${name}`, '#!/bin/sh\nexit 99\n');
  for (const name of ['useradd', 'usermod', 'systemctl', 'userdel', 'groupdel'])
    await write(`stubs/bin/${name}`, '#!/bin/sh\nexit 0\n');
  await pack('echo first');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.runIf(process.platform === 'linux')('the install script with an archive', () => {
  it('installs it without Node, with the unit of the service, and removes it again', async () => {
    expect(await install()).toMatchObject({ status: 0 });
    expect((await run(at('root/usr/local/bin/ollama'), [])).stdout).toBe('first\n');
    expect(existsSync(at('root/usr/local/lib/ollama/libggml-base.so'))).toBe(true);
    expect(await readdir(at('root/usr/local/lib'))).toEqual(['ollama']);
    const written = await readFile(at('root/etc/systemd/system/ollama.service'), 'utf8');
    expect(written).toContain('ExecStart=/usr/local/bin/ollama serve');
    expect(written).toMatch(/^Environment="PATH=\/usr\/local\/sbin:[^"]*:\/bin"$/m);
    expect(await install(['--uninstall'])).toMatchObject({ status: 0 });
    expect(await readdir(at('root/usr/local/bin'))).toEqual([]);
    expect(await readdir(at('root/usr/local/lib'))).toEqual([]);
  });

  it('replaces an older one, and a program that npm installed', async () => {
    await write('root/usr/local/lib/node_modules/ollama-ts/bin/ollama', '');
    await mkdir(at('root/usr/local/bin'));
    await run('ln', ['-s', '../lib/node_modules/ollama-ts/bin/ollama', at('root/usr/local/bin/ollama')]);
    expect(await install()).toMatchObject({ status: 0 });
    expect(existsSync(at('root/usr/local/lib/node_modules/ollama-ts'))).toBe(false);
    await write('root/usr/local/lib/ollama/old.so', '');
    await pack('echo second');
    expect(await install()).toMatchObject({ status: 0 });
    expect((await run(at('root/usr/local/bin/ollama'), [])).stdout).toBe('second\n');
    expect(existsSync(at('root/usr/local/lib/ollama/old.so'))).toBe(false);
  });

  it('installs for one user without root and without a service', async () => {
    const env = { DESTDIR: '' };
    const { status, stdout } = await install(['--user'], env);
    expect(status).toBe(0);
    expect(stdout).toContain(`add ${at('home/.local/bin')} to the PATH`);
    expect((await run(at('home/.local/bin/ollama'), [])).stdout).toBe('first\n');
    expect(await readdir(at('home/.local/lib'))).toEqual(['ollama']);
    expect(await install(['--user', '--uninstall'], env)).toMatchObject({ status: 0 });
    expect(await readdir(at('home/.local/bin'))).toEqual([]);
    expect(await readdir(at('root'))).toEqual([]);
  });

  it('takes the archive that lies beside the script', async () => {
    await write('release/install.sh', await readFile(script, 'utf8'));
    const machine = (await run('uname', ['-m'])).stdout.trim();
    if (machine !== 'x86_64') await run('mv', [archive, at('release/ollama-linux-arm64.tgz')]);
    const result = await run('sh', [at('release/install.sh')], {
      DESTDIR: at('root'),
      PATH: `${at('stubs/bin')}:${process.env.PATH}`,
      OLLAMA_PACKAGE_SHA256: digest,
    });
    expect(result, result.stderr).toMatchObject({ status: 0 });
    expect(existsSync(at('root/usr/local/bin/ollama'))).toBe(true);
  });

  it.each([
    [
      'an archive with other bytes',
      () => writeFile(at('release/sha256sum.txt'), `${'1'.repeat(64)}  ollama-linux-amd64.tgz`),
      {},
      /instead of 1{64}: download it again/,
    ],
    [
      'checksums of other files',
      () => writeFile(at('release/sha256sum.txt'), ''),
      {},
      /does not name ollama-linux-amd64\.tgz/,
    ],
    [
      'a digest that it does not have',
      async () => undefined,
      { OLLAMA_PACKAGE_SHA256: '2'.repeat(64) },
      /instead of 2{64}/,
    ],
    [
      'a package file without the digest that the user states',
      async () => {
        await write('made/package/package.json', '{ "name": "ollama-ts" }');
        await write('made/package/npm-shrinkwrap.json', '{}');
        await run('tar', ['-czf', archive, '-C', at('made'), 'package']);
      },
      { OLLAMA_PACKAGE_SHA256: '4'.repeat(64) },
      /instead of 4{64}/,
    ],
    [
      'an archive that ends too early',
      async () => {
        await rm(at('release/sha256sum.txt'));
        await truncate(archive, Math.floor((await stat(archive)).size / 2));
      },
      {},
      /is damaged, or no archive: download it again/,
    ],
    ['a program that does not run here', () => pack('exit 1'), {}, /does not run on this machine/],
    [
      'an address that others can change',
      async () => undefined,
      { OLLAMA_PACKAGE: 'http://127.0.0.1:9/a.tgz' },
      /use an https address/,
    ],
    [
      'another program in its place',
      () => write('root/usr/local/bin/ollama', ''),
      {},
      /is another program, perhaps Ollama itself/,
    ],
  ])('refuses %s, and changes nothing', async (_, prepare, env, message) => {
    await prepare();
    const result = await install([], env);
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(1);
    expect(existsSync(at('root/usr/local/lib/ollama'))).toBe(false);
    expect(existsSync(at('root/etc'))).toBe(false);
  });

  it('says plainly that it is not for macOS', async () => {
    await write('stubs/bin/uname', '#!/bin/sh\necho Darwin\n');
    expect(await install()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('this script is for Linux'),
    });
  });

  it('downloads it from an address, and compares it with the digest that the user states', async () => {
    const server: Server = createServer((_, response) => createReadStream(archive).pipe(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ollama-linux-amd64.tgz`;
      const env = { OLLAMA_PACKAGE: address, no_proxy: '127.0.0.1' };
      expect(await install([], { ...env, OLLAMA_PACKAGE_SHA256: '3'.repeat(64) })).toMatchObject({
        status: 1,
      });
      const capitals = digest.toUpperCase();
      expect(await install([], { ...env, OLLAMA_PACKAGE_SHA256: capitals })).toMatchObject({ status: 0 });
      expect((await run(at('root/usr/local/bin/ollama'), [])).stdout).toBe('first\n');
    } finally {
      server.close();
    }
  });
});
