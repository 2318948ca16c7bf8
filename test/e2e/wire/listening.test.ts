/** The built server on ports, over TLS and on a socket file at once, and the command line on all of them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CertificateFolder, type CertificatePaths } from '../../fakes/servers/certificate-files.ts';
import { type ListeningProcess, program, startListening } from '../support/listening-server.ts';
import { runOllama } from '../support/server-process.ts';
import { createModel, patience, randomModelBytes } from '../support/server-requests.ts';

/** How often the certificate is replaced while clients come and go. */
const REPLACEMENTS = 20;
const GRACE = { OLLAMA_DRAIN_GRACE: '3s', OLLAMA_SHUTDOWN_TIMEOUT: '1s' };

let folder: string;
let certificates: CertificateFolder;
let paths: CertificatePaths;
let client: CertificatePaths;
let ca: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-listening-'));
  certificates = await CertificateFolder.create(folder);
  [paths, client] = [await certificates.write('server'), await certificates.write('client')];
  ca = await readFile(certificates.authority);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const socketPath = () => join(folder, 'o.sock');
const secureSettings = () => ({ OLLAMA_TLS_CERT: paths.cert, OLLAMA_TLS_KEY: paths.key });
const startEverywhere = (env: Record<string, string> = {}) =>
  startListening({
    home: folder,
    env: {
      OLLAMA_LISTEN: `127.0.0.1:0,https://127.0.0.1:0,unix://${socketPath()}?mode=0600`,
      ...secureSettings(),
      ...env,
    },
  });

/** @returns the status, or the code of an error */
function statusOf(url: string, path: string, headers: Record<string, string> = {}): Promise<number | string> {
  return new Promise((resolve) => {
    const isUnix = url.startsWith('unix:');
    const send = url.startsWith('https:') ? secureRequest : plainRequest;
    const target = isUnix ? `http://localhost${path}` : `${url}${path}`;
    const where = isUnix ? { socketPath: url.slice('unix://'.length) } : { ca, servername: 'localhost' };
    const outgoing = send(target, { ...where, headers, agent: false }, (incoming) => {
      incoming.resume().on('end', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    outgoing.end();
  });
}

describe('a server on a port, over TLS and on a socket file', () => {
  let server: ListeningProcess;
  beforeAll(async () => {
    server = await startEverywhere();
    await createModel({ url: server.urls[0] ?? '' }, 'tiny', await randomModelBytes());
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
    expect(existsSync(socketPath())).toBe(false);
  });
  const trusting = () => ({ OLLAMA_TLS_CA: certificates.authority });

  it.each([0, 1, 2])('answers commands and streams on each of them: %s', async (index) => {
    const host = server.urls[index] ?? '';
    expect(host).toMatch([/^http:/, /^https:/, /^unix:/][index] ?? /never/);
    const options = { host, env: trusting() };
    expect(JSON.parse((await runOllama(['list', '--json'], options)).stdout)).toMatchObject({
      models: [{ name: 'tiny:latest' }],
    });
    const answer = await runOllama(['run', 'tiny', 'a b c', '--verbose'], options);
    expect(answer).toMatchObject({ status: 0, stderr: expect.stringContaining('eval count') });
    const health = await runOllama(['health', 'tiny'], options);
    expect(health).toMatchObject({ status: 0, stdout: expect.stringContaining('certificate') });
  });

  it('checks names and origins on each of them', async () => {
    for (const url of server.urls) {
      expect(await statusOf(url, '/api/tags')).toBe(200);
      expect(await statusOf(url, '/api/tags', { Host: 'evil.example' })).toBe(403);
      expect(await statusOf(url, '/api/tags', { Origin: 'https://evil.example' })).toBe(403);
    }
    expect(server.output()).toMatch(/"client":"unix"/);
  });

  it('tells a client that does not trust the authority, or speaks the wrong protocol, what to set', async () => {
    const [plain = '', secure = '', socket = ''] = server.urls;
    const cases: [string, string][] = [
      [secure, 'set OLLAMA_TLS_CA to a file'],
      [secure.replace('https', 'http'), 'this port speaks HTTPS only'],
      [plain.replace('http', 'https'), 'begin OLLAMA_HOST with http://'],
      [`${socket}.none`, "run 'ollama serve' to start it"],
    ];
    for (const [host, text] of cases) {
      expect(await runOllama(['list'], { host })).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(text),
      });
    }
  });

  it('starts no second server at the same addresses, and leaves the first as it is', async () => {
    for (const host of server.urls) {
      const second = await runOllama(['serve'], {
        host,
        env: host.startsWith('https:') ? secureSettings() : {},
      });
      expect(second.status).toBe(1);
      expect(second.stderr).toMatch(/address already in use|another server listens there/);
    }
    expect(await statusOf(server.urls[2] ?? '', '/api/version')).toBe(200);
  });

  it('starts no program that takes only the URL of a server with a socket file', async () => {
    const host = server.urls[2] ?? '';
    const launched = await runOllama(['launch', 'opencode', '--config', '--model', 'tiny'], { host });
    expect(launched).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('programs cannot connect to unix://'),
    });
  });

  it('serves the official clients over TLS', async () => {
    const script = `
      const { Ollama } = await import('ollama');
      const { default: OpenAI } = await import('openai');
      const host = process.argv[1];
      const { models } = await new Ollama({ host }).list();
      const list = await new OpenAI({ baseURL: host + '/v1', apiKey: 'x' }).models.list();
      let pieces = 0;
      const messages = [{ role: 'user', content: 'a b' }];
      const stream = await new Ollama({ host }).generate({ model: 'tiny', prompt: 'a b', stream: true, options: { num_predict: 8 } });
      for await (const piece of stream) pieces += 1;
      console.log(models.length, list.data.length, pieces > 1);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', script, server.urls[1]?.replace('127.0.0.1', 'localhost') ?? ''],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: certificates.authority }, cwd: join(program, '../..') },
    );
    expect(stdout.trim()).toBe('1 1 true');
  });

  it(`replaces the certificate ${REPLACEMENTS} times under load without a failed request`, async () => {
    const outcomes = new Map<number | string, number>();
    let isOver = false;
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const status = await statusOf(server.urls[1] ?? '', '/api/version');
        outcomes.set(status, (outcomes.get(status) ?? 0) + 1);
      }
    });
    const inUse = () => server.output().match(/"msg":"certificate in use"/g)?.length ?? 0;
    const before = inUse();
    for (let round = 1; round <= REPLACEMENTS; round++) {
      const { cert, key } = await certificates.issue('server');
      // As renewal programs do: each file is replaced as a whole, one after the other.
      await writeFile(`${paths.key}.new`, key, { mode: 0o600 });
      await rename(`${paths.key}.new`, paths.key);
      await writeFile(`${paths.cert}.new`, cert);
      await rename(`${paths.cert}.new`, paths.cert);
      if (round % 2 === 0) server.child.kill('SIGHUP');
      await expect.poll(inUse).toBe(before + round);
    }
    isOver = true;
    await Promise.all(load);
    expect([...outcomes.keys()]).toEqual([200]);
    expect(outcomes.get(200)).toBeGreaterThan(REPLACEMENTS);
  });
});

describe('a server that asks clients for a certificate', () => {
  it('serves commands with one of its authority, and no others', async () => {
    const env = {
      OLLAMA_LISTEN: 'https://127.0.0.1:0',
      ...secureSettings(),
      OLLAMA_TLS_CLIENT_CA: certificates.authority,
    };
    const server = await startListening({ home: folder, env });
    try {
      const [host = ''] = server.urls;
      const trusting = { OLLAMA_TLS_CA: certificates.authority };
      const known = { OLLAMA_TLS_CLIENT_CERT: client.cert, OLLAMA_TLS_CLIENT_KEY: client.key };
      expect(await runOllama(['list'], { host, env: { ...trusting, ...known } })).toMatchObject({
        status: 0,
      });
      expect(await runOllama(['list'], { host, env: trusting })).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('set OLLAMA_TLS_CLIENT_CERT'),
      });
    } finally {
      await server.stop();
    }
  });
});

describe('the end of a server', () => {
  it('is announced by health checks on every listener while requests are served, and denied by none that asks for life', async () => {
    const server = await startEverywhere(GRACE);
    const kubelet = { 'User-Agent': 'kube-probe/1.33' };
    const statuses = (path: string) => Promise.all(server.urls.map((url) => statusOf(url, path, kubelet)));
    expect(await statuses('/health')).toEqual([200, 200, 200]);
    const stopped = server.stop();
    await expect.poll(() => statuses('/health')).toEqual([503, 503, 503]);
    expect(await statuses('/health?live')).toEqual([200, 200, 200]);
    expect(await statuses('/api/tags')).toEqual([200, 200, 200]);
    const live = new Set<number | string>();
    const later = new Set<number | string>();
    for (let isOver = false; !isOver; ) {
      const [url = ''] = server.urls;
      const seen = [
        await statusOf(url, '/health?live', kubelet),
        await statusOf(url, '/health', kubelet),
      ] as const;
      isOver = seen.includes('ECONNREFUSED');
      if (isOver) break;
      live.add(seen[0]);
      later.add(seen[1]);
    }
    expect([[...live], [...later]]).toEqual([[200], [503]]);
    expect(await stopped).toBe(0);
    expect(existsSync(socketPath())).toBe(false);
  });
});

describe('addresses that cannot all be opened', () => {
  it.each([
    [
      { OLLAMA_LISTEN: '127.0.0.1:0,unix:///nowhere/a.sock' },
      'listen unix /nowhere/a.sock: there is no such folder',
    ],
    [{ OLLAMA_LISTEN: '127.0.0.1:0,https://127.0.0.1:0' }, 'needs a certificate'],
    [{ OLLAMA_HOST: 'https://127.0.0.1:0', OLLAMA_TLS_CERT: '/nothing.pem' }, 'OLLAMA_TLS_CERT: '],
    [{ OLLAMA_LISTEN: `unix:///${'a'.repeat(120)}` }, 'that of a socket may have at most'],
  ])('end the server with a reason: %j', async (env, reason) => {
    const { OLLAMA_HOST: host = '127.0.0.1:1', ...others } = env as Record<string, string>;
    const result = await runOllama(['serve'], { host, env: { HOME: folder, ...others } });
    expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining(reason) });
    expect(result.stderr).not.toContain('Listening');
  });
});

describe('addresses for events about the KV caches', () => {
  it('that cannot be opened are named with their setting, and the server answers all the same', async () => {
    const [blocker, other] = [createServer(), createServer()];
    const portOf = async (one: Server) => {
      await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', () => resolve()));
      const address = one.address();
      return String(typeof address === 'object' && address ? address.port : 0);
    };
    const [taken, free] = [await portOf(blocker), await portOf(other)];
    await new Promise((resolve) => other.close(resolve));
    try {
      for (const [env, setting] of [
        [{ OLLAMA_KV_EVENTS: taken }, 'OLLAMA_KV_EVENTS'],
        [{ OLLAMA_KV_EVENTS: free, OLLAMA_KV_EVENTS_REPLAY: taken }, 'OLLAMA_KV_EVENTS_REPLAY'],
      ] as const) {
        const server = await startListening({ home: folder, env: { OLLAMA_HOST: '127.0.0.1:0', ...env } });
        const failure = () =>
          server
            .output()
            .split('\n')
            .find((line) => line.includes('are not published'));
        await vi.waitFor(() => expect(failure()).toBeDefined(), patience);
        expect(failure()).toContain(`"setting":"${setting}","address":"tcp://127.0.0.1:${taken}"`);
        expect(await statusOf(server.urls[0] ?? '', '/health')).toBe(200);
        await server.stop();
      }
    } finally {
      blocker.close();
    }
  });
});
