/** The install script, the installed program, its upgrade and its removal, all below a temporary folder. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, type TestContext } from 'vitest';
import { startServerProcess } from '../../../scripts/server-process.mjs';
import { programVersion } from '../../../src/base/version.ts';
import { packFiles, packProgram, smallPackage } from '../../fakes/package-file.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { startNpmRegistry } from '../../fakes/servers/npm-registry.ts';
import type { CommandResult } from '../support/server-process.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Enough to download all dependencies when npm has none of them in its cache. */
const DOWNLOAD_MS = 300_000;
const overrides = '[Service]\nEnvironment="OLLAMA_HOST=0.0.0.0"\n';

let folder: string;
/** The folder below which the program is installed. */
let destination: string;
let tarball: string;
let firstInstall: CommandResult;
const at = (path: string) => join(destination, path);
const read = (path: string) => readFileSync(at(path), 'utf8');
const program = () => at('usr/local/bin/ollama');
const unitPath = 'etc/systemd/system/ollama.service';

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

/** Replaces a program that would change the machine by one that only records how it was called. */
async function stub(name: string, body = ''): Promise<void> {
  const path = join(folder, 'stubs', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "${name} $*" >>"${join(folder, 'calls')}"\n${body}\n`);
  await chmod(path, 0o755);
}

const calls = () =>
  existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : [];

function install(args: readonly string[] = [], env: Record<string, string> = {}): Promise<CommandResult> {
  return run('sh', [join(root, 'scripts/install.sh'), ...args], {
    DESTDIR: destination,
    PATH: `${join(folder, 'stubs')}:${dirname(process.execPath)}:${process.env.PATH}`,
    OLLAMA_PACKAGE: tarball,
    SUDO_USER: 'somebody',
    npm_config_prefer_offline: 'true',
    ...env,
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-install-'));
  destination = join(folder, 'root');
  await mkdir(destination);
  tarball = await packProgram(folder);
}, DOWNLOAD_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  await rm(join(folder, 'calls'), { force: true });
  await stub('useradd');
  await stub('usermod');
  await stub('userdel');
  await stub('groupdel');
  await stub('sudo', 'exit 99');
  await stub('systemctl', '[ "$1" = is-system-running ] && echo degraded; exit 0');
  // Neither the user nor its groups exist, except the groups of GPUs.
  await stub('id', 'case $1 in -u) echo 0 ;; -un) echo root ;; *) exit 1 ;; esac');
  await stub('getent', 'case $2 in render | video) exit 0 ;; *) exit 2 ;; esac');
});

/** Without a registry there is nothing to test, and the report must show that. */
function requireInstalled(context: TestContext): void {
  const isOffline = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH/.test(firstInstall.stderr);
  if (firstInstall.status !== 0 && isOffline) {
    skipWithout('the npm registry', context, `the npm registry cannot be reached: ${firstInstall.stderr}`);
  }
  expect(firstInstall).toMatchObject({ status: 0 });
}

const changes = () => calls().filter((call) => /^(user|group|sudo|systemctl (?!is-))/.test(call));

describe.runIf(process.platform === 'linux')('the install script', () => {
  it('prints what it would do without doing it', async () => {
    const { status, stdout, stderr } = await install(['--dry-run']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/would run: tar -xzf .*ollama-ts-.*\.tgz -C .*\/\.ollama-ts-new /);
    expect(stdout).toMatch(/would run: npm ci --prefix .*\/usr\/local\/lib\/node_modules\/\.ollama-ts-new /);
    expect(stdout).toContain('would run: useradd --system');
    expect(stdout).toContain('would run: systemctl restart ollama');
    expect(changes()).toEqual([]);
    expect(await readdir(destination)).toEqual([]);
  });

  it.each([
    ['uname', '[ "$1" = -m ] && echo riscv64 || /bin/uname "$@"', {}, /architecture riscv64/],
    ['uname', '[ "$1" = -s ] && echo Darwin || /bin/uname "$@"', {}, /is for Linux/],
    [
      'uname',
      '[ "$1" = -r ] && echo 4.4.0-19041-Microsoft || /bin/uname "$@"',
      {},
      /WSL 1 cannot run models/,
    ],
    ['node', 'echo 20.18.3', {}, /Node\.js 20\.18\.3 is too old: install Node\.js 20\.19/],
    ['node', 'exit 1', {}, /Node\.js does not start/],
    ['true', '', { OLLAMA_PACKAGE: '', OLLAMA_VERSION: '0.33.0' }, /is not in npm's registry yet/],
    ['true', '', { OLLAMA_PACKAGE: import.meta.filename }, /is damaged, or no archive/],
    ['true', '', { OLLAMA_PACKAGE: '/nowhere.tgz' }, /\/nowhere\.tgz: no such file/],
    ['true', '', { OLLAMA_PACKAGE: tmpdir() }, /is not built/],
  ])('refuses with stub %s (%s) and %j', async (name, body, env, message) => {
    await stub(name, body);
    try {
      const { status, stderr } = await install([], env);
      expect(stderr).toMatch(message);
      expect(status).toBe(1);
      expect(changes()).toEqual([]);
      expect(await readdir(destination)).toEqual([]);
    } finally {
      await rm(join(folder, 'stubs', name));
    }
  });

  it('refuses unknown arguments', async () => {
    expect(await install(['--force'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('--force'),
    });
    expect(await install(['--purge'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('--uninstall'),
    });
    expect((await install(['--help'])).stdout).toContain('OLLAMA_NO_START');
  });

  it('does not overwrite another program of that name', async () => {
    await mkdir(dirname(program()), { recursive: true });
    await writeFile(program(), 'Ollama itself');
    expect(await install()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is another program'),
    });
    expect(changes()).toEqual([]);
    await rm(at('usr'), { recursive: true });
  });

  it(
    'installs program, user, unit and service',
    async (context) => {
      firstInstall = await install();
      requireInstalled(context);
      expect(changes()).toEqual([
        'useradd --system --shell /bin/false --user-group --create-home --home-dir /usr/share/ollama ollama',
        'usermod -a -G render ollama',
        'usermod -a -G video ollama',
        'usermod -a -G ollama somebody',
        'systemctl daemon-reload',
        'systemctl enable ollama',
        'systemctl restart ollama',
      ]);
      const unit = read(unitPath);
      expect(unit).toMatch(/^ExecStart=\/usr\/local\/bin\/ollama serve$/m);
      expect(unit).toMatch(/^Environment="PATH=(\S+:)?\/usr\/local\/sbin:\/usr\/local\/bin:/m);
      expect(((await stat(at(unitPath))).mode & 0o777).toString(8)).toBe('644');
      expect(await readdir(dirname(at(unitPath)))).toEqual(['ollama.service']);
    },
    DOWNLOAD_MS,
  );
});

describe.runIf(process.platform === 'linux')('the installed program', () => {
  const ollama = (args: readonly string[], env: Record<string, string> = {}) =>
    run(program(), args, { HOME: folder, OLLAMA_CONFIG: '/dev/null', OLLAMA_HOST: '127.0.0.1:1', ...env });

  it('has all files that it needs', async (context) => {
    requireInstalled(context);
    const { stdout } = await ollama(['--version', '--json']);
    expect(JSON.parse(stdout)).toEqual({ client: programVersion(), server: null });
    const home = at('usr/local/lib/node_modules/ollama-ts');
    const names = [
      'docs/config.schema.json',
      'docs/install.md',
      'packaging/ollama.service',
      'scripts/install.sh',
    ];
    for (const name of names) expect(existsSync(join(home, name)), name).toBe(true);
    expect(existsSync(join(home, 'src'))).toBe(false);
    // The dependencies are those of package-lock.json, and no others.
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages;
    const own = JSON.parse(await readFile(join(home, 'node_modules/.package-lock.json'), 'utf8')).packages;
    for (const [place, { version, integrity }] of Object.entries<Record<string, string>>(own))
      expect({ version, integrity }, place).toEqual({
        version: lock[place].version,
        integrity: lock[place].integrity,
      });
    expect(Object.keys(own)).toContain('node_modules/zod');
    expect(Object.keys(own)).not.toContain('node_modules/vitest');
    expect((await readdir(join(home, 'dist', 'cli'))).filter((name) => name.includes('.test.'))).toEqual([]);
  });

  it(
    'serves a model, measures it and shows its log',
    async (context) => {
      requireInstalled(context);
      const env = {
        HOME: folder,
        OLLAMA_CONFIG: '/dev/null',
        OLLAMA_LOG_FILE: 'server.log',
        // Too short for the prompts, so they must request more.
        OLLAMA_CONTEXT_LENGTH: '64',
        OLLAMA_SHUTDOWN_TIMEOUT: '0',
        OLLAMA_KV_CACHE_BUDGET: '0',
      };
      const server = await startServerProcess({ env, program: program() });
      try {
        const here = { ...env, OLLAMA_HOST: server.host };
        const modelfile = join(folder, 'Modelfile');
        await writeFile(modelfile, `FROM ${inject('smolModelPath')}\n`);
        expect(await ollama(['create', 'smol', '-f', modelfile], here)).toMatchObject({ status: 0 });
        const counts = ['--prompt-tokens', '40', '--tokens', '8', '--repeat', '2', '--parallel', '2'];
        const bench = await ollama(['bench', 'smol', ...counts, '--json'], here);
        expect(bench.stderr).toContain('2 streams, run 2 of 2');
        const report = JSON.parse(bench.stdout);
        expect(report).toMatchObject({ model: 'smol:latest', tokens: 8, repeat: 2, size_vram: 0 });
        expect(report.context_length).toBeGreaterThanOrEqual(40 + 8);
        expect(report.prompt_tokens).toBeGreaterThan(20);
        expect(report.prompt_tokens).toBeLessThan(80);
        expect(report.load_seconds).toBeGreaterThan(0);
        expect(report.runs.map(({ streams }: { streams: number }) => streams)).toEqual([1, 2]);
        for (const figures of report.runs) {
          for (const [name, figure] of Object.entries(figures)) expect(figure, name).toBeGreaterThan(0);
        }
        const table = await ollama(['bench', 'smol', ...counts.with(5, '1').with(7, '1')], here);
        expect(table.stdout).toMatch(
          /^NAME +MEMORY +PROCESSOR +CONTEXT +LOAD *\nsmol:latest .* 100% CPU +\d+ +\d/,
        );
        expect(table.stdout).toMatch(/\nSTREAMS +FIRST TOKEN +PREFILL +DECODE EACH +DECODE ALL *\n1 +\d/);
        const logs = await ollama(['logs', '-n', '1000'], here);
        expect(logs.stdout).toContain('"msg":"listening"');
        expect((await ollama(['logs', '--lines', '1'], here)).stdout.trim().split('\n')).toHaveLength(1);
      } finally {
        await server.stop();
      }
      // A command without this setting finds the default file.
      expect((await ollama(['logs'])).stdout).toContain('"msg":"stopping"');
    },
    DOWNLOAD_MS,
  );

  it.each([
    [['bench', 'x', '--repeat', '0'], /--repeat must be a number from 1 .*, not "0"/],
    [['bench', 'x', '--tokens', '1e3'], /--tokens must be a number from 1 .*, not "1e3"/],
    [['logs', '-n', '-1'], /lines/],
    [['logs', '-n', '99999999'], /from 0 to 1000000/],
    [['upgrade'], /name the package file to install.*npm's registry/],
    [['upgrade', '99.0.0'], /there is no file 99\.0\.0: name a package file/],
    [['upgrade', import.meta.filename], /is not a package file/],
  ])('refuses %j', async (args, message) => {
    await using server = await startHttpServer();
    const { status, stderr } = await ollama(args, { OLLAMA_HOST: server.host });
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });

  it('says how to see the log if there is no file', async () => {
    const { status, stderr } = await ollama(['logs'], { HOME: join(folder, 'nobody') });
    expect(status).toBe(1);
    expect(stderr).toMatch(/OLLAMA_LOG_FILE.*docker logs/);
  });
});

/** Starts a server that only answers that it is running. */
async function startHttpServer() {
  const { createServer } = await import('node:http');
  const server = createServer((_incoming, outgoing) => void outgoing.end('Ollama is running'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    host: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.runIf(process.platform === 'linux')('a second run', () => {
  it(
    'updates the program, and keeps models and overrides',
    async (context) => {
      requireInstalled(context);
      const dropIn = at(`${unitPath}.d/override.conf`);
      const model = at('usr/share/ollama/.ollama/models/manifests/some');
      for (const [path, text] of [
        [dropIn, overrides],
        [model, 'a model'],
      ] as const) {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text);
      }
      await writeFile(at(unitPath), '[Service]\nExecStart=/usr/local/bin/ollama serve\n');
      await rm(at('usr/local/lib/node_modules/ollama-ts/dist'), { recursive: true });
      await stub('id', 'case $1 in -u) echo 0 ;; -nG) echo ollama render video ;; *) echo 1 ;; esac');
      expect(await install([], { OLLAMA_NO_START: '1' })).toMatchObject({ status: 0 });
      expect(changes()).toEqual(['systemctl daemon-reload']);
      expect(await readFile(dropIn, 'utf8')).toBe(overrides);
      expect(await readFile(model, 'utf8')).toBe('a model');
      expect(read(unitPath)).toContain('NoNewPrivileges=yes');
      expect(read(`${unitPath}.before`)).not.toContain('NoNewPrivileges');
      expect((await run(program(), ['--version'])).stdout).toContain(programVersion());
    },
    DOWNLOAD_MS,
  );
});

describe.runIf(process.platform === 'linux')('a package in the registry under our name', () => {
  it('is never installed, by the script or by the program', async (context) => {
    requireInstalled(context);
    await using registry = await startNpmRegistry('ollama-ts', 'ollama');
    await registry.publish('99.0.0');
    const env = { npm_config_registry: registry.url, npm_config_cache: join(folder, 'npm-cache') };
    // Alone, as it would be after a download.
    const alone = join(folder, 'install.sh');
    await copyFile(join(root, 'scripts/install.sh'), alone);
    const script = await run('sh', [alone], { DESTDIR: destination, OLLAMA_PACKAGE: '', ...env });
    expect(script.stderr).toMatch(/there is nothing to install: run this script in a clone/);
    for (const args of [['upgrade'], ['upgrade', '99.0.0'], ['upgrade', 'ollama-ts@99.0.0']])
      expect(await run(program(), args, { ...env, HOME: folder, OLLAMA_HOST: '127.0.0.1:1' })).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("npm's registry yet"),
      });
    expect(registry.asked).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('ollama upgrade', () => {
  it(
    'installs a package file whose dependencies have the digests that it names, and compares versions',
    async (context) => {
      requireInstalled(context);
      await using registry = await startNpmRegistry('some', 'some');
      const { integrity } = await registry.publish('1.0.0');
      const env = {
        HOME: folder,
        OLLAMA_CONFIG: '/dev/null',
        OLLAMA_HOST: '127.0.0.1:1',
        npm_config_registry: registry.url,
        npm_config_cache: join(folder, 'npm-cache'),
        npm_config_userconfig: '/dev/null',
        no_proxy: '127.0.0.1',
      };
      const upgrade = (...args: string[]) => run(program(), ['upgrade', ...args], env);
      const own = programVersion();
      const [older, newer, spoilt] = ['old.tgz', 'new.tgz', 'spoilt.tgz'].map((name) => join(folder, name));
      await packFiles(older ?? '', smallPackage('0.1.0', { integrity }));
      await packFiles(newer ?? '', smallPackage('99.0.0', { integrity }));
      await packFiles(spoilt ?? '', smallPackage('98.0.0', { integrity: `sha512-${'A'.repeat(86)}==` }));
      expect(await upgrade('--check', older ?? '')).toMatchObject({
        status: 0,
        stdout: `installed ${own}, ${older} has 0.1.0\n`,
      });
      expect(await upgrade('--check', newer ?? '')).toMatchObject({ status: 1 });
      expect(await upgrade(spoilt ?? '')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('EINTEGRITY'),
      });
      expect((await run(program(), ['--version'])).stdout).toContain(own);
      expect(await upgrade(newer ?? '')).toMatchObject({
        status: 0,
        stdout: `installed 99.0.0 in place of ${own}\n`,
        stderr: '',
      });
      expect((await run(program(), [])).stdout).toBe('99.0.0\n');
      // Goes back with the script, as a user would whose new version does not work.
      expect(await install()).toMatchObject({ status: 0 });
      expect((await run(program(), ['--version'])).stdout).toContain(own);
    },
    DOWNLOAD_MS,
  );

  it('says what to do if the program was not installed', async () => {
    const own = join(root, 'bin/ollama');
    const { status, stderr } = await run(process.execPath, [own, 'upgrade', tarball], {
      HOME: homedir(),
      OLLAMA_CONFIG: '/dev/null',
    });
    expect(stderr).toMatch(/cannot be installed from here: this is a clone: run "git pull/);
    expect(status).toBe(1);
  });
});

describe.runIf(process.platform === 'linux')('the removal', () => {
  it('keeps models and overrides', async (context) => {
    requireInstalled(context);
    expect(await install(['--uninstall'])).toMatchObject({ status: 0 });
    expect(changes()).toEqual(['systemctl disable --now ollama', 'systemctl daemon-reload']);
    expect(existsSync(program())).toBe(false);
    expect(existsSync(at('usr/local/lib/node_modules/ollama-ts'))).toBe(false);
    expect(existsSync(at(unitPath))).toBe(false);
    expect(read(`${unitPath}.d/override.conf`)).toBe(overrides);
    expect(read('usr/share/ollama/.ollama/models/manifests/some')).toBe('a model');
  });

  it('removes them too when asked to', async (context) => {
    requireInstalled(context);
    await stub('id', 'echo 0');
    await stub('getent', 'exit 0');
    expect(await install(['--uninstall', '--purge'])).toMatchObject({ status: 0 });
    expect(changes()).toContain('userdel ollama');
    expect(existsSync(at('usr/share/ollama'))).toBe(false);
    expect(existsSync(at(`${unitPath}.d`))).toBe(false);
  });
});
