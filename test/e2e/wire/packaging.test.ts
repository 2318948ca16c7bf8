/** The files that install the server on machines, checked with linters and with the parsers of their formats. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../../src/config/settings.ts';
import { watchdogLimit } from '../../../src/server/listening/service/service-manager.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { type Checker, findHadolint, findShellcheck, findSystemdAnalyze } from '../support/linters.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const packaging = (name: string) => join(root, 'packaging', name);
const DOWNLOAD_MS = 300_000;

/** Without its checker a test has no result, and the report must show that. */
async function checkerFor(
  name: string,
  find: () => Promise<Checker | undefined>,
  context: { skip(reason: string): never },
): Promise<Checker> {
  return (await find()) ?? skipWithout(name, context);
}

it(
  'has an install script that passes shellcheck',
  async (context) => {
    const shellcheck = await checkerFor('shellcheck', findShellcheck, context);
    const script = join(root, 'scripts/install.sh');
    expect(await shellcheck.check(['--enable=all', '--exclude=SC2250,SC2310,SC2311,SC2312', script])).toEqual(
      {
        status: 0,
        output: '',
      },
    );
  },
  DOWNLOAD_MS,
);

it(
  'has a hardened unit and a unit of sockets that systemd accepts',
  async (context) => {
    const systemd = await checkerFor('systemd-analyze', findSystemdAnalyze, context);
    const folder = await mkdtemp(join(tmpdir(), 'ollama-unit-'));
    try {
      // The program must exist for the check.
      const unit = readFileSync(packaging('ollama.service'), 'utf8').replace(
        '/usr/local/bin/ollama',
        '/bin/true',
      );
      const path = join(folder, 'ollama.service');
      await writeFile(path, unit);
      const socketPath = join(folder, 'ollama.socket');
      await writeFile(socketPath, readFileSync(packaging('ollama.socket')));
      const verified = await systemd.check(['verify', '--man=no', path, socketPath]);
      expect(verified).toEqual({ status: 0, output: '' });
      const { output } = await systemd.check(['security', '--offline=true', path]);
      const exposure = Number(/Overall exposure level for ollama\.service: ([\d.]+)/.exec(output)?.[1]);
      expect(exposure, output).toBeLessThan(5);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  DOWNLOAD_MS,
);

it('lets systemd wait for what the server sends, and restart it when nothing comes', () => {
  const unit = readFileSync(packaging('ollama.service'), 'utf8');
  expect(unit).toMatch(/^Type=notify$/m);
  expect(unit).toMatch(/^NotifyAccess=main$/m);
  const limit = /^WatchdogSec=(\d+)$/m.exec(unit)?.[1];
  // The longest pauses of the event loop are a hundredth of this.
  expect(Number(limit)).toBeGreaterThanOrEqual(30);
  expect(watchdogLimit({ WATCHDOG_USEC: `${limit}000000` }, process.pid)).toBe(Number(limit) * 1000);
});

it('offers sockets only on the machine itself and to the group of the service', () => {
  const unit = readFileSync(packaging('ollama.socket'), 'utf8');
  const addresses = [...unit.matchAll(/^ListenStream=(.*)$/gm)].map(([, address = '']) => address);
  expect(addresses).toHaveLength(2);
  for (const address of addresses) expect(address).toMatch(/^(?:127\.0\.0\.1:11434|\/run\/)/);
  expect(unit).toMatch(/^SocketMode=0660$/m);
  expect(unit).toMatch(/^SocketGroup=ollama$/m);
});

it('gives the server more time to stop than its own shutdown timeout', () => {
  const unit = readFileSync(packaging('ollama.service'), 'utf8');
  const seconds = Number(/TimeoutStopSec=(\d+)/.exec(unit)?.[1]);
  expect(seconds * 1000).toBeGreaterThan(settings.shutdownTimeoutMs.default({}) * 2);
});

it(
  'has a Dockerfile that passes hadolint',
  async (context) => {
    const hadolint = await checkerFor('hadolint', findHadolint, context);
    expect(await hadolint.check(['--no-color', packaging('Dockerfile')])).toEqual({ status: 0, output: '' });
  },
  DOWNLOAD_MS,
);

it('copies only files that exist and that .dockerignore allows', () => {
  const ignore = readFileSync(join(root, '.dockerignore'), 'utf8');
  const allowed = ignore.split('\n').filter((line) => line.startsWith('!'));
  for (const line of allowed) expect(existsSync(join(root, line.slice(1))), line).toBe(true);
  const dockerfile = readFileSync(packaging('Dockerfile'), 'utf8');
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
  expect(files).toContain('packaging');
  expect(dockerfile).toMatch(/^USER [1-9]\d+:[1-9]\d+$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK .* CMD \["ollama", "health"\]$/m);
  const tags = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  for (const image of tags) expect(image).toMatch(/^node:\d+\.\d+\.\d+-/);
});

it('has a compose file with the volume and port of the image', () => {
  const compose = parse(readFileSync(packaging('compose.yaml'), 'utf8'));
  const { volumes, ports, build, init } = compose.services.ollama;
  const dockerfile = readFileSync(packaging('Dockerfile'), 'utf8');
  expect(volumes).toEqual([`ollama:${/^VOLUME (\S+)$/m.exec(dockerfile)?.[1]}`]);
  expect(ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:11434:11434$/)]);
  expect(dockerfile).toMatch(/^EXPOSE 11434$/m);
  expect(existsSync(join(root, 'packaging', build.context, build.dockerfile))).toBe(true);
  expect(init).toBe(true);
});

it('has a property list that macOS can read', async () => {
  const script = 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))';
  const path = packaging('com.ollama.serve.plist');
  const { stdout } = await promisify(execFile)('python3', ['-c', script, path]);
  expect(JSON.parse(stdout)).toMatchObject({
    Label: 'com.ollama.serve',
    ProgramArguments: ['/usr/bin/env', 'ollama', 'serve'],
    EnvironmentVariables: { OLLAMA_LOG_FILE: 'server.log' },
    ProcessType: 'Interactive',
    RunAtLoad: true,
    KeepAlive: true,
  });
});
