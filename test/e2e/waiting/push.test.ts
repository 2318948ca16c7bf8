import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ollama } from 'ollama';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  checkSignature,
  requireUploadToken,
  sessionIdOf,
  UploadRegistry,
} from '../../fakes/servers/upload-registry.ts';
import { findDebianRegistry } from '../support/debian-programs.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import {
  createModel,
  filesBelow,
  patience,
  post,
  randomModelBytes,
  send,
  sha256,
} from '../support/server-requests.ts';
import { hasTmux, Terminal } from '../support/terminal.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));
const root = await findDebianRegistry();
const isTerminalThere = await hasTmux();

let weights: Uint8Array;
let registry: UploadRegistry;
let server: TestServer;
let home: string;

beforeAll(async () => {
  weights = await randomModelBytes();
});
beforeEach(async () => {
  registry = await UploadRegistry.start();
  home = await mkdtemp(join(tmpdir(), 'ollama-home-'));
  server = await startTestServer({ env: { HOME: home } });
  return async () => {
    await server[Symbol.asyncDispose]();
    await registry.close();
    await rm(home, { recursive: true });
  };
});

const run = (args: string[], input = '') =>
  runOllama(args, { host: server.host, input, env: { HOME: home } });
const nameAt = (host: string) => `${host}/library/tiny:latest`;
const name = () => nameAt(registry.host);
const blob = () => registry.blobs.get(`library/tiny@${sha256(weights)}`);

describe('ollama serve', () => {
  it('creates a key pair, once', async () => {
    const folder = join(home, '.ollama');
    const pair = () =>
      Promise.all(['id_ed25519', 'id_ed25519.pub'].map((file) => readFile(join(folder, file), 'utf8')));
    const [secret, open] = await pair();
    expect(secret).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    expect(open).toMatch(/^ssh-ed25519 \S+\n$/);
    expect((await stat(join(folder, 'id_ed25519'))).mode & 0o777).toBe(0o600);
    expect(server.output()).not.toContain(secret);
    await server.stop();
    server = await startTestServer({ env: { HOME: home } });
    expect(await pair()).toEqual([secret, open]);
  });

  it('runs without one if it cannot be created', async () => {
    await server.stop();
    await rm(join(home, '.ollama'), { recursive: true });
    await chmod(home, 0o500);
    // The rights of a folder do not stop root; the kernel does.
    const closed = process.getuid?.() === 0 ? '/sys' : home;
    server = await startTestServer({ env: { HOME: closed } });
    expect((await post(server, '/api/show', { model: 'none' })).status).toBe(404);
    expect(server.output()).toContain('no key pair');
  });
});

describe('ollama push', () => {
  it('uploads a model, and prints where it is', async () => {
    await createModel(server, name(), weights);
    const { status, stdout, stderr } = await run(['push', name(), '--insecure']);
    expect(stderr.trim().split('\n').at(-1)?.trim()).toBe('success');
    expect(stderr).toContain(`pushing ${sha256(weights).slice(7, 19)}`);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `\nYou can find your model at:\n\n\t${name()}\n`,
    });
    expect(blob()).toEqual(Buffer.from(weights));
    const manifest = await readFile(
      join(server.modelsFolder, `manifests/${registry.host}/library/tiny/latest`),
    );
    expect(registry.manifests.get('/v2/library/tiny/manifests/latest')).toEqual(manifest);
  });

  it('signs with its key for a registry that asks like Ollama’s, and logs no token', async () => {
    const realm = `${registry.url}/token`;
    let signed: ReturnType<typeof checkSignature> | undefined;
    registry.behave(
      requireUploadToken(
        realm,
        (token) => token === 'secret-token',
        (request, response) => {
          signed = checkSignature(request, registry.url);
          response.end('{"token":"secret-token"}');
        },
      ),
    );
    await createModel(server, name(), weights);
    expect((await run(['push', name(), '--insecure'])).status).toBe(0);
    const line = await readFile(join(home, '.ollama/id_ed25519.pub'), 'utf8');
    expect(signed).toEqual({ publicKey: line.trim().split(' ')[1], isValid: true });
    expect(server.output()).not.toContain('secret-token');
  });

  it('reports in the words of Ollama that access is denied or that the model does not exist', async () => {
    registry.behave((request, response) => {
      request.resume();
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
      return true;
    });
    await createModel(server, name(), weights);
    const refused = await run(['push', name(), '--insecure']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(
      `Error: you are not authorized to push to this namespace, create the model under a namespace you own (run "ollama login ${registry.host}")`,
    );
    const missing = await run(['push', 'none']);
    expect(missing.stderr).toContain('Error: model "none:latest" not found');
    expect(await post(server, '/api/push', {})).toEqual({
      status: 400,
      body: { error: 'model is required' },
    });
  });

  it('serves the official client, with progress and in one piece', async () => {
    await createModel(server, name(), weights);
    const client = new Ollama({ host: server.url });
    const statuses: string[] = [];
    let completed = 0;
    for await (const progress of await client.push({ model: name(), insecure: true, stream: true })) {
      statuses.push(progress.status);
      if (progress.total === weights.length) completed = progress.completed ?? 0;
    }
    expect([statuses[0], statuses.at(-1)]).toEqual(['retrieving manifest', 'success']);
    expect(completed).toBe(weights.length);
    expect(await client.push({ model: name(), insecure: true })).toEqual({ status: 'success' });
    await expect(client.push({ model: 'none' })).rejects.toThrow('model "none:latest" not found');
  });

  it('stops when its client disconnects', async () => {
    await createModel(server, name(), weights);
    const arrived = new Promise<void>((resolve) => {
      registry.behave((request) => {
        if (request.method !== 'PATCH') return false;
        request.resume();
        request.socket.once('close', () => resolve());
        client.abort();
        return true;
      });
    });
    const client = new AbortController();
    const body = { model: name(), insecure: true };
    const response = await send(server, 'POST', '/api/push', body, { signal: client.signal });
    await expect(response.text()).rejects.toThrow(/abort/);
    await arrived;
    expect(registry.seen('PATCH')).toHaveLength(1);
  });

  it('resumes where the connection broke', async () => {
    await createModel(server, name(), weights);
    let isFirst = true;
    registry.behave(async (request) => {
      if (request.method !== 'PATCH' || !isFirst) return false;
      isFirst = false;
      const { socket } = request;
      await registry.take(request, 1000);
      socket.destroy();
      expect(registry.sessions.get(sessionIdOf(request))?.bytes).toHaveLength(1000);
      return true;
    });
    expect(await run(['push', name(), '--insecure'])).toMatchObject({ status: 0 });
    expect(blob()).toEqual(Buffer.from(weights));
    expect(registry.seen('PATCH')[1]?.headers['content-range']).toMatch(/^1000-/);
  });
});

describe('ollama login', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  const authFile = () => join(home, '.ollama/auth.json');
  const require = (wanted: string) =>
    registry.behave((request, response) => {
      if (request.headers.authorization === wanted) return false;
      request.resume();
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
      return true;
    });

  it('takes effect in a running server, until logout', async () => {
    require(basic('ada:p:w'));
    await createModel(server, name(), weights);
    const login = await run(['login', registry.url, '-u', 'ada', '--password-stdin'], 'p:w\n');
    expect(login).toMatchObject({ status: 0, stderr: '' });
    expect((await stat(authFile())).mode & 0o777).toBe(0o600);
    expect((await run(['push', name(), '--insecure'])).status).toBe(0);
    expect((await run(['logout', registry.host])).stdout).toBe(`logged out of ${registry.host}\n`);
    expect((await run(['logout', registry.host])).stdout).toBe(`not logged in to ${registry.host}\n`);
    registry.blobs.clear();
    expect((await run(['push', name(), '--insecure'])).status).toBe(1);
    expect(server.output()).not.toContain('p:w');
  });

  it('warns about a file that other users can read', async () => {
    await run(['login', 'a.example', '--password-stdin'], 'token');
    await chmod(authFile(), 0o644);
    expect((await run(['login', 'b.example', '--password-stdin'], 'token')).stderr).toContain(
      'auth.json can be read by other users: run "chmod 600',
    );
  });

  it.each([
    [['login', 'a.example'], '', /standard input is not a terminal: pass .* with --password-stdin/],
    [['login', 'a.example', '--password-stdin'], '', /nothing was stored: the token is empty/],
    [['login', 'a.example', '-u', 'a:b', '--password-stdin'], 'x', /user name is empty or contains a colon/],
    [['login', 'a b', '--password-stdin'], 'x', /"a b" is not a registry host/],
    [['login', 'a.example/x', '--password-stdin'], 'x', /is not a registry host/],
    [['login', 'a.example', '--password', 'x'], '', /unknown flag: --password/],
    [['login', 'a.example', '--password-stdin'], 'x'.repeat(100_000), /has more than 16384 characters/],
  ])('%j is refused', async (args, input, expected) => {
    const { status, stderr } = await run(args, input);
    expect([status, stderr]).toEqual([1, expect.stringMatching(expected)]);
    expect(await filesBelow(join(home, '.ollama'))).not.toContain('auth.json');
  });

  it.skipIf(!isTerminalThere)('prompts for the password without showing it', async () => {
    const command = [process.execPath, program, 'login', 'a.example'];
    await using terminal = await Terminal.start(command, { HOME: home });
    await expect.poll(() => terminal.screen(), patience).toContain('Username (leave empty for a token):');
    await terminal.type('adb');
    await terminal.press('BSpace');
    await terminal.submit('a');
    await expect.poll(() => terminal.screen(), patience).toContain('Password:');
    await terminal.submit('hunter2');
    await expect.poll(() => terminal.screen(), patience).toContain('[exit code 0]');
    const screen = await terminal.screen();
    expect(screen).toContain('token): ada');
    expect(screen).not.toContain('hunter');
    const { auths } = JSON.parse(await readFile(authFile(), 'utf8'));
    expect(auths['a.example']).toEqual({ auth: Buffer.from('ada:hunter2').toString('base64') });
  });

  it.skipIf(!isTerminalThere)('stores nothing after Ctrl-C', async () => {
    const command = [process.execPath, program, 'login', '-u', 'ada', 'a.example'];
    await using terminal = await Terminal.start(command, { HOME: home });
    await expect.poll(() => terminal.screen(), patience).toContain('Password:');
    await terminal.type('half');
    await terminal.press('C-c');
    await expect.poll(() => terminal.screen(), patience).toContain('[exit code 1]');
    expect(await filesBelow(join(home, '.ollama'))).not.toContain('auth.json');
  });
});

describe.skipIf(root === undefined)('a real registry (docker-registry)', () => {
  let docker: DockerRegistry;

  beforeEach(async () => {
    docker = await startDockerRegistry(root ?? '');
    return () => docker.close();
  });

  it('accepts a model from a user who is logged in, and returns it byte for byte', async () => {
    const tiny = nameAt(docker.host);
    await createModel(server, tiny, weights);
    const before = await filesBelow(server.modelsFolder);
    expect((await run(['push', tiny, '--insecure'])).stderr).toContain(`run "ollama login ${docker.host}"`);
    const { user, password } = docker;
    await run(['login', docker.host, '-u', user, '--password-stdin'], password);
    const pushed = await run(['push', tiny, '--insecure']);
    expect(pushed, pushed.stderr).toMatchObject({ status: 0 });
    expect((await run(['push', tiny, '--insecure'])).status).toBe(0);
    const bytes = await readFile(join(server.modelsFolder, `manifests/${docker.host}/library/tiny/latest`));
    const authorization = basicOf(user, password);
    const read = async (path: string) => {
      const response = await fetch(`http://${docker.host}/v2/library/tiny/${path}`, {
        headers: {
          Authorization: authorization,
          Accept: 'application/vnd.docker.distribution.manifest.v2+json',
        },
      });
      return Buffer.from(await response.arrayBuffer());
    };
    expect(await read('manifests/latest')).toEqual(bytes);
    for (const path of before.filter((file) => file.startsWith('blobs/'))) {
      const blobBytes = await read(path.replace('sha256-', 'sha256:'));
      expect(blobBytes).toEqual(await readFile(join(server.modelsFolder, path)));
    }
    expect((await run(['rm', tiny])).status).toBe(0);
    const pulled = await run(['pull', tiny, '--insecure']);
    expect(pulled.status, pulled.stderr).toBe(0);
    expect(await filesBelow(server.modelsFolder)).toEqual(before);
  });

  it('mounts blobs from another repository', async () => {
    const { user, password } = docker;
    await run(['login', docker.host, '-u', user, '--password-stdin'], password);
    await createModel(server, nameAt(docker.host), weights);
    expect((await run(['push', nameAt(docker.host), '--insecure'])).status).toBe(0);
    const derived = `${docker.host}/library/derived:latest`;
    const created = { model: derived, from: nameAt(docker.host), system: 'Be brief.', stream: false };
    expect((await post(server, '/api/create', created)).status).toBe(200);
    const { status, stderr } = await run(['push', derived, '--insecure']);
    expect(status, stderr).toBe(0);
  });
});

function basicOf(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
