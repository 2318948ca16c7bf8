import { spawn, spawnSync } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SnippetLanguage, snippet } from '../src/ui/export/snippets.ts';
import { skipWithout } from './fakes/prerequisites.ts';

/** A server that keeps what it was asked and answers in two chunks, cut in the middle of a line. */
let server: Server;
let asked: { body: unknown; key: string | undefined } | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    void read(request).then((body) => {
      asked = { body: JSON.parse(body), key: request.headers.authorization };
      response.write('{"message":{"content":"Hello "}}\n{"message":');
      response.end('{"content":"world"},"done":true}\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

async function read(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

const programs: Readonly<Record<SnippetLanguage, readonly string[]>> = {
  curl: ['sh', '-s'],
  python: ['python3', '-'],
  typescript: [process.execPath, '--input-type=module', '-'],
};

async function run(language: SnippetLanguage, text: string): Promise<string> {
  const [program = '', ...given] = programs[language];
  const child = spawn(program, given, {
    env: { ...process.env, OLLAMA_API_KEY: 'secret' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(text);
  let output = '';
  for await (const piece of child.stdout) output += String(piece);
  return output;
}

const hostile = [
  `'; touch /tmp/x; '`,
  '$(id) `id` $HOME \\',
  'JSON\nJSON\n"""\n\'\'\'',
  '{name} %s \u0000 \u2028 😀 \ud800',
  '</script> {"x"}',
];
const request = JSON.parse(
  JSON.stringify({
    model: 'm',
    messages: hostile.map((content) => ({ role: 'user', content })),
    options: { temperature: 0.1, seed: -0, use_mmap: false, stop: [], top_k: 1e21 },
    format: { type: 'object', properties: { a: { enum: [null, true, 'x'] } } },
  }).replace('"properties":{', '"properties":{"__proto__":{"type":"string"},'),
) as Record<string, unknown>;

describe.each(['curl', 'python', 'typescript'] as const)('the %s program', (language) => {
  it('sends exactly the request, whatever is in it, and prints the answer', async (context) => {
    const program = language === 'curl' ? 'curl' : (programs[language][0] ?? '');
    if (spawnSync(program, ['--version']).status !== 0) skipWithout(program, context);
    const { port } = server.address() as AddressInfo;
    const input = { server: `http://127.0.0.1:${port}`, request };
    const output = await run(language, snippet(language, { ...input, needsKey: true }));
    expect(JSON.stringify(asked?.body)).toBe(JSON.stringify(request));
    expect(asked?.key).toBe('Bearer secret');
    if (language === 'curl') expect(output).toContain('"content":"world"');
    else expect(output).toBe('Hello world\n');
    await run(language, snippet(language, { ...input, needsKey: false }));
    expect(asked?.key).toBeUndefined();
  });
});
