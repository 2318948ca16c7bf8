/** What `pull` shows in a real terminal while a slow registry sends several layers at once. */
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RegistryServer, sha256 } from '../fakes/registry-server.ts';
import { runOllama, startTestServer, type TestServer } from './server-process.ts';
import { hasTmux, Terminal } from './terminal.ts';

const program = fileURLToPath(new URL('../../bin/ollama', import.meta.url));
const LAYERS = 4;
const LAYER_BYTES = 200_000;

let server: TestServer;
let registry: RegistryServer;
/** Layers stop at a third until they are let go on. */
let held: (() => void)[] = [];
let isHeld = false;
let published = 0;

/** A model whose bytes nobody has. @returns its name, and the first digits of its layers */
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

async function pull(name: string, size: { columns: number; rows: number }): Promise<Terminal> {
  const command = [process.execPath, program, 'pull', '--insecure', name];
  const terminal = await Terminal.start(command, { OLLAMA_HOST: server.host }, size);
  terminals.push(terminal);
  return terminal;
}

describe.skipIf(!(await hasTmux()))('pull in a real terminal', () => {
  it('shows a bar for each of several layers at once, and all of them full in the end', async () => {
    isHeld = true;
    const { name, layers } = publish();
    const terminal = await pull(name, { columns: 80, rows: 24 });
    const during = await terminal.waitFor(/(pulling [0-9a-f]{12}: +\d+% ▕█+ +▏ \d+ KB\/200 KB[^\n]*\n?){2}/);
    expect(during).toMatch(/^pulling manifest\n/);
    letGo();
    const after = await terminal.waitFor(/success\n\[exit code 0\]/);
    for (const digits of layers)
      expect(after).toMatch(new RegExp(`^pulling ${digits}: 100% ▕█+▏ 200 KB$`, 'm'));
    expect(after.match(/pulling manifest/g)).toHaveLength(1);
  });

  it('goes on with the bars that stand there when the terminal gets narrower', async () => {
    isHeld = true;
    const { name } = publish();
    const terminal = await pull(name, { columns: 80, rows: 24 });
    await terminal.waitFor(/▕█+ +▏/);
    await terminal.resize(30, 24);
    await terminal.waitFor(/pulling [0-9a-f]{12} \d+%/);
    await terminal.resize(80, 24);
    letGo();
    const after = await terminal.waitFor(/success\n\[exit code 0\]/);
    expect(after.match(/pulling [0-9a-f]{12}: 100% /g)?.length).toBeGreaterThanOrEqual(LAYERS);
  });

  it('keeps to a terminal of fewer lines than layers', async () => {
    isHeld = true;
    const terminal = await pull(publish().name, { columns: 60, rows: 3 });
    const during = await terminal.waitFor(/^\d more\n(pulling .*%.*\n?){2}$/);
    expect(during.split('\n')).toHaveLength(3);
    letGo();
    await terminal.waitFor(/\[exit code 0\]/);
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

  it('leaves a whole terminal after Ctrl-C', async () => {
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
