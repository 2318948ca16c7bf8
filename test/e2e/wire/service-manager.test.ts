/** The built server under a service manager: sockets that are open already, notices, and the watchdog. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { prerequisite, skipWithout } from '../../fakes/prerequisites.ts';
import { CertificateFolder } from '../../fakes/servers/certificate-files.ts';
import { type ListeningProcess, startListening } from '../support/listening-server.ts';
import { createModel, post, randomModelBytes } from '../support/server-requests.ts';

const manager = fileURLToPath(new URL('../support/service-manager.py', import.meta.url));
const serviceVariable = /^(?:LISTEN_|NOTIFY_|WATCHDOG_)/;

let folder: string;
let server: ListeningProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-service-'));
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

interface Order {
  readonly sockets?: readonly (
    | { name: string; path: string }
    | { name: string; port: number; host?: string }
  )[];
  readonly notify?: string;
  readonly watchdogUsec?: string;
}

async function startUnderManager({ sockets = [], notify, watchdogUsec = '' }: Order, env = {}) {
  const order = JSON.stringify({ sockets, notify: notify ?? join(folder, 'notify'), watchdogUsec });
  server = await startListening({ home: folder, env, before: ['python3', manager, order] });
  return server;
}

const read = <T>(key: string) =>
  (server?.lines() ?? []).flatMap((line): T[] => {
    const value = JSON.parse(line || '{}');
    return key in value ? [value[key]] : [];
  });
const notices = () => read<string>('notice');
const pid = () => read<number>('pid')[0] ?? 0;

function askSocket(socketPath: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/api/version', agent: false }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

const hasPython = await new Promise<boolean>((resolve) => {
  execFile('python3', ['--version'], (error) => resolve(error === null));
});
prerequisite('python3', hasPython);

it('serves on the sockets that it was given, and lets no child have them', async (context) => {
  if (!hasPython) skipWithout('python3', context);
  const path = join(folder, 'a.sock');
  const certificates = await CertificateFolder.create(folder);
  const { cert, key } = await certificates.write('server');
  const sockets = [
    { name: 'ollama.socket', port: 0 },
    { name: 'file', path },
    { name: 'https', port: 0 },
  ];
  const { urls, stop } = await startUnderManager(
    { sockets },
    { OLLAMA_HOST: '127.0.0.1:1', OLLAMA_TLS_CERT: cert, OLLAMA_TLS_KEY: key },
  );
  const [port = 0, securePort = 0] = read<number[]>('ports')[0] ?? [];
  expect(urls).toEqual([
    `http://127.0.0.1:${port}`,
    'http socket "file" (descriptor 4)',
    `https://127.0.0.1:${securePort}`,
  ]);
  expect(await askSocket(path)).toBe(200);
  const plain = { url: `http://127.0.0.1:${port}` };
  await createModel(plain, 'tiny', await randomModelBytes());
  expect((await post(plain, '/api/generate', { model: 'tiny', keep_alive: -1 })).status).toBe(200);
  const children = readFileSync(`/proc/${pid()}/task/${pid()}/children`, 'utf8').trim().split(' ');
  expect(children.length).toBeGreaterThan(0);
  const socketsOf = (process: string | number) =>
    readdirSync(`/proc/${process}/fd`).map((name) => readlinkSync(`/proc/${process}/fd/${name}`));
  const given = [3, 4, 5].map((descriptor) => readlinkSync(`/proc/${pid()}/fd/${descriptor}`));
  for (const child of children) {
    const variables = readFileSync(`/proc/${child}/environ`, 'utf8').split('\0');
    expect(variables.filter((variable) => serviceVariable.test(variable))).toEqual([]);
    expect(socketsOf(child).filter((link) => given.includes(link))).toEqual([]);
  }
  expect(await stop()).toBe(0);
  // The file belongs to the service manager, which listens on.
  expect(existsSync(path)).toBe(true);
});

it.for<[socket: string, setting: string, isReachable: boolean]>([
  ['0.0.0.0', '127.0.0.1:1', true],
  ['127.0.0.1', '0.0.0.0:1', false],
])(
  'with a socket at %s and OLLAMA_HOST %s, warns of other machines: %j',
  async ([host, setting, warns], context) => {
    if (!hasPython) skipWithout('python3', context);
    const sockets = [{ name: 'ollama.socket', port: 0, host }];
    const { output } = await startUnderManager({ sockets }, { OLLAMA_HOST: setting });
    const [port] = read<number[]>('ports')[0] ?? [];
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    const warning = 'other machines can use and change this server without a key';
    expect((await health.text()).includes(warning)).toBe(warns);
    await vi.waitFor(() => expect(output().includes(warning)).toBe(warns));
  },
);

it('tells that it is ready, reloads, works and stops', async (context) => {
  if (!hasPython) skipWithout('python3', context);
  const { child, urls, stop } = await startUnderManager(
    { watchdogUsec: '400000' },
    { OLLAMA_LISTEN: '127.0.0.1:0', OLLAMA_SHUTDOWN_TIMEOUT: '2s' },
  );
  await expect.poll(() => notices()[0]).toBe(`READY=1\nSTATUS=listening on ${urls[0]}`);
  await expect.poll(() => notices().filter((text) => text.includes('WATCHDOG=1')).length).toBeGreaterThan(3);
  expect(notices().some((text) => text.includes('STATUS=0 models loaded, 0 requests running'))).toBe(true);
  child.kill('SIGHUP');
  await expect.poll(() => notices().filter((text) => text.startsWith('READY=1')).length).toBe(2);
  const reloading = notices().findIndex((text) => /^RELOADING=1\nMONOTONIC_USEC=\d+$/.test(text));
  const ready = notices().findLastIndex((text) => text.startsWith('READY=1'));
  expect(reloading).toBeGreaterThan(0);
  expect(ready).toBeGreaterThan(reloading);
  expect(await stop()).toBe(0);
  expect(notices().find((text) => text.startsWith('STOPPING=1'))).toMatch(/\nEXTEND_TIMEOUT_USEC=62000000$/);
});

it('gives no sign of life while its event loop stands still', async (context) => {
  if (!hasPython) skipWithout('python3', context);
  await startUnderManager(
    { notify: `@ollama-test-${process.pid}`, watchdogUsec: '200000' },
    { OLLAMA_LISTEN: '127.0.0.1:0' },
  );
  const signs = () => notices().filter((text) => text.includes('WATCHDOG=1')).length;
  await expect.poll(signs).toBeGreaterThan(2);
  process.kill(pid(), 'SIGSTOP');
  const before = signs();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  // One may have been on its way.
  expect(signs()).toBeLessThanOrEqual(before + 1);
  process.kill(pid(), 'SIGCONT');
  await expect.poll(signs).toBeGreaterThan(before + 2);
});

it('starts all the same when the service manager does not listen', async () => {
  server = await startListening({
    home: folder,
    env: { OLLAMA_LISTEN: '127.0.0.1:0', NOTIFY_SOCKET: join(folder, 'nothing') },
  });
  await expect
    .poll(() => server?.output())
    .toContain('the service manager could not be told how the server is');
  expect((await fetch(`${server.urls[0]}/api/version`)).status).toBe(200);
});
