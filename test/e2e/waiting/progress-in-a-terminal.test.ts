/** What `pull` shows in a real terminal while a slow registry sends several layers at once. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ProgressResponse } from '../../../src/api/common.ts';
import { RegistryServer, sha256 } from '../../fakes/servers/registry-server.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { hasTmux, Terminal } from '../support/terminal.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));
const LAYERS = 4;
const LAYER_BYTES = 200_000;

let server: TestServer;
let registry: RegistryServer;
/** Layers stop at one third until these functions are called. */
let held: (() => void)[] = [];
let isHeld = false;
let published = 0;

/** Publishes a model with new bytes. @returns its name, and the first digits of its layers' digests */
function publish(): { name: string; layers: string[] } {
  const model = `slow${published++}`;
  const contents = Array.from({ length: LAYERS }, (_, index) =>
    Buffer.alloc(LAYER_BYTES, `${model} ${index} `),
  );
  registry.publish(
    model,
    contents.map((content) => ({ mediaType: 'application/vnd.ollama.image.license', content })),
  );
  return { name: registry.name(model), layers: contents.map((content) => sha256(content).slice(7, 19)) };
}

/** Answers any pull with the events that a test sends. */
class PullServer implements AsyncDisposable {
  readonly #server: Server;
  #reply: ServerResponse | undefined;
  #waiting = '';

  private constructor() {
    this.#server = createServer((request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      this.#reply = response;
      response.write(this.#waiting);
    });
  }

  static async start(): Promise<PullServer> {
    const server = new PullServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  send(event: ProgressResponse): void {
    const line = `${JSON.stringify(event)}\n`;
    if (this.#reply) this.#reply.write(line);
    else this.#waiting += line;
  }

  end(): void {
    this.#reply?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

beforeAll(async () => {
  server = await startTestServer();
  registry = await RegistryServer.start();
  registry.behave((request, response) => {
    const blob = registry.blobs.get(/\/blobs\/(.+)$/.exec(request.url ?? '')?.[1] ?? '');
    if (!blob || blob.length !== LAYER_BYTES || !isHeld) return false;
    const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const end = Number(/-(\d+)$/.exec(request.headers.range ?? '')?.[1] ?? blob.length - 1) + 1;
    const headers = {
      'Content-Length': end - start,
      'Content-Range': `bytes ${start}-${end - 1}/${blob.length}`,
    };
    response.writeHead(request.headers.range ? 206 : 200, headers);
    const third = start + Math.floor((end - start) / 3);
    response.write(blob.subarray(start, third));
    held.push(() => response.end(blob.subarray(third, end)));
    return true;
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await registry.close();
});

const terminals: Terminal[] = [];

afterEach(async () => {
  letGo();
  for (const terminal of terminals.splice(0)) await terminal[Symbol.asyncDispose]();
});

function letGo(): void {
  isHeld = false;
  for (const release of held) release();
  held = [];
}

async function pull(
  name: string,
  size: { columns: number; rows: number },
  host = server.host,
): Promise<Terminal> {
  const command = [process.execPath, program, 'pull', '--insecure', name];
  const terminal = await Terminal.start(command, { OLLAMA_HOST: host }, size);
  terminals.push(terminal);
  return terminal;
}

describe.skipIf(!(await hasTmux()))('pull in a real terminal', () => {
  it('shows the progress of a slow layer, that it stalls, and full bars at the end', async () => {
    isHeld = true;
    const { name, layers } = publish();
    const terminal = await pull(name, { columns: 80, rows: 24 });
    // A third of the layer came; a stalled layer is asked for again, which brings a third of the rest.
    const during = await terminal.waitFor(
      /pulling [0-9a-f]{12}: {2}(33% ▕█+ +▏ 66|55% ▕█+ +▏ 111) KB\/200 KB +0 B\/s$/m,
    );
    expect(during).toMatch(/^pulling manifest\n/);
    letGo();
    const after = await terminal.waitFor(/success\n\[exit code 0\]/);
    for (const digits of layers)
      expect(after).toMatch(new RegExp(`^pulling ${digits}: 100% ▕█+▏ 200 KB$`, 'm'));
    expect(after.match(/pulling manifest/g)).toHaveLength(1);
  });

  it('shows a bar for each of several layers at once', async () => {
    await using pulls = await PullServer.start();
    const terminal = await pull('any', { columns: 80, rows: 24 }, pulls.host);
    pulls.send({ status: 'pulling manifest' });
    for (const [index, completed] of [100, 20, 50].entries())
      pulls.send({ status: `pulling layer${index}`, digest: `sha256:${index}`, total: 100, completed });
    await terminal.waitFor(
      /^pulling manifest\npulling layer0: 100% ▕█+▏ 100 B\npulling layer1: {2}20% ▕█+ +▏ 20 B\/100 B.*\npulling layer2: {2}50% ▕█+ +▏ 50 B\/100 B/,
    );
    pulls.send({ status: 'pulling layer1', digest: 'sha256:1', total: 100, completed: 80 });
    const later = await terminal.waitFor(/layer1: {2}80% /);
    expect(later.match(/layer1/g)).toHaveLength(1);
  });

  it('fits a terminal with fewer lines than layers, and shows all layers at the end', async () => {
    await using pulls = await PullServer.start();
    const terminal = await pull('any', { columns: 60, rows: 4 }, pulls.host);
    for (let index = 0; index < 6; index++)
      pulls.send({ status: `layer${index}`, digest: `sha256:${index}`, total: 100, completed: 100 - index });
    const during = await terminal.waitFor(/^3 more\nlayer1: .*\nlayer2: .*\nlayer3: .*$/);
    expect(during.split('\n')).toHaveLength(4);
    for (let index = 0; index < 6; index++)
      pulls.send({ status: `layer${index}`, digest: `sha256:${index}`, total: 100, completed: 100 });
    pulls.end();
    await terminal.waitFor(/layer5: 100% .*\n\[exit code 0\]/);
  });

  it('continues with the existing bars when the terminal gets narrower', async () => {
    isHeld = true;
    const { name } = publish();
    const terminal = await pull(name, { columns: 80, rows: 24 });
    await terminal.waitFor(/▕█+ +▏/);
    await terminal.resize({ columns: 30, rows: 24 });
    await terminal.waitFor(/pulling [0-9a-f]{12} \d+%/);
    await terminal.resize({ columns: 80, rows: 24 });
    letGo();
    const after = await terminal.waitFor(/success\n\[exit code 0\]/);
    expect(after.match(/pulling [0-9a-f]{12}: 100% /g)?.length).toBeGreaterThanOrEqual(LAYERS);
  });

  it('fits 20 columns, and one', async () => {
    isHeld = true;
    const narrow = await pull(publish().name, { columns: 20, rows: 24 });
    await narrow.waitFor(/^pulling [0-9a-f]{5,7}… 33%$/m);
    const thin = await pull(publish().name, { columns: 1, rows: 10 });
    letGo();
    await narrow.waitFor(/\[exit code 0\]/);
    await thin.waitFor(/\[\ne\nx\ni\nt\n|0\n\]/);
  });

  it('restores the terminal after Ctrl-C', async () => {
    isHeld = true;
    const terminal = await pull(publish().name, { columns: 80, rows: 24 });
    await terminal.waitFor(/▕█+ +▏/);
    await terminal.press('C-c');
    const after = await terminal.waitFor(/\n\[exit code 130\]/);
    expect(after).toMatch(/▏ .*\n\[exit code 130\]$/);
    expect(await terminal.isCursorVisible()).toBe(true);
  });
});

it('writes plain lines to a pipe: each status and each finished layer once', async () => {
  const { name, layers } = publish();
  const { status, stdout, stderr } = await runOllama(['pull', '--insecure', name], server);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  const lines = stderr.trimEnd().split('\n');
  expect(lines[0]).toBe('pulling manifest');
  expect(lines.filter((line) => line.endsWith(': 100% 200 KB')).sort()).toEqual(
    layers.map((digits) => `pulling ${digits}: 100% 200 KB`).sort(),
  );
  expect(lines.at(-1)).toBe('success');
  expect(new Set(lines).size).toBe(lines.length);
  expect(stderr).not.toContain('\u001b');
});
