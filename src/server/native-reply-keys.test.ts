/**
 * Clients that refuse unknown fields decode our replies as those of Ollama. `native-reply-keys.tsv` lists the keys of
 * Ollama's replies by route: whether each is `always` there, on the `final` object of a stream, or only `sometimes`, and
 * since which version of Ollama (0.9.0 is the oldest considered). Paths go into lists with `[]`.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { linesOf, type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';

interface Key {
  readonly route: string;
  readonly path: string;
  readonly presence: 'always' | 'final' | 'sometimes';
  readonly since: string;
}

const table = readFileSync(new URL('../../test/fixtures/native-reply-keys.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line): Key => {
    const [route = '', path = '', presence, since = ''] = line.split('\t');
    return { route, path, presence: presence as Key['presence'], since };
  });

/** Maps from names that the model or the caller chooses. */
const freeMaps = /(^|\.)(model_info|projector_info|arguments)$/;

const call = '{"name": "weather", "arguments": {"city": "Rome"}}';
const thinkingAndCall = ['<think>', 'hm', '</think>', 'See:', '<tool_call>', call, '</tool_call>'];
const template =
  '{{ range .Messages }}{{ .Role }}:{{ .Content }}{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ if .ToolCalls }}<tool_call>{"name": ""}</tool_call>{{ end }}{{ end }}{{ .Tools }}';
const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
const messages = [{ role: 'user', content: 'one' }];
const chat = { model: 'm', messages, tools, think: true };
/** Longer than the context. */
const long = {
  ...chat,
  messages: [{ role: 'user', content: 'a b c d e f g h i j' }],
  options: { num_ctx: 8 },
  stream: false,
};
const progress = { status: 'pulling', digest: 'sha256:0', total: 2, completed: 1 };

let server: ScriptServer;
let embedding: ScriptServer;

beforeAll(async () => {
  async function* pull() {
    yield progress;
    yield { status: 'success' };
  }
  server = await startScriptServer({
    runner: new ScriptRunner({ pieces: thinkingAndCall, stopText: 'x' }),
    pull,
    push: pull,
  });
  await server.addModel('m', {
    create: { template, system: 's', license: 'l', messages, parameters: { stop: ['x'] } },
  });
  await server.post('/api/generate', { model: 'm' });
  const facts = { pooling: 'mean', length: 2, maxInputTokens: 512, canSplit: false } as const;
  embedding = await startScriptServer({ runner: new ScriptRunner({ pieces: [] }, { embedding: facts }) });
  await embedding.addModel('e', { metadata: { 'llama.pooling_type': { type: 'u32', value: 1 } } });
});
afterAll(async () => {
  await server?.close();
  await embedding?.close();
});

/** The paths of all keys, such as "message.tool_calls[].function"; each once. */
function keysOf(value: unknown, prefix = ''): Set<string> {
  if (Array.isArray(value)) return new Set(value.flatMap((item) => [...keysOf(item, `${prefix}[]`)]));
  if (typeof value !== 'object' || value === null || freeMaps.test(prefix)) return new Set();
  const start = prefix === '' ? '' : `${prefix}.`;
  const paths = Object.entries(value).flatMap(([name, content]) => {
    const path = `${start}${name}`;
    return [path, ...keysOf(content, path)];
  });
  return new Set(paths);
}

/** What a strict client of one version objects to; "" = it accepts the reply. */
function objections(route: string, reply: unknown, { isFinal = true, version = '99' } = {}): string {
  const known = table.filter((key) => key.route === route && isUpTo(key.since, version));
  const keys = keysOf(reply);
  const unknown = [...keys].filter((path) => !known.some((key) => key.path === path));
  const missing = known.filter(({ path, presence }) => {
    const isDemanded = presence === 'always' || (presence === 'final' && isFinal);
    return isDemanded && !keys.has(path) && hasOwner(keys, path);
  });
  const all = [unknown.map((path) => `unknown ${path}`), missing.map(({ path }) => `missing ${path}`)];
  return all.flat().join(', ');
}

/** Whether the reply has the object that a key belongs to; a list may have no element. */
function hasOwner(keys: ReadonlySet<string>, path: string): boolean {
  const owner = path.slice(0, path.lastIndexOf('.') + 1);
  return owner === '' || keys.has(owner.slice(0, -1)) || [...keys].some((key) => key.startsWith(owner));
}

function isUpTo(since: string, version: string): boolean {
  return since.localeCompare(version, 'en', { numeric: true }) <= 0;
}

async function reply(on: ScriptServer, route: string, body?: object): Promise<unknown> {
  const [method = '', path = ''] = route.split(' ');
  const init = body && { method, body: JSON.stringify(body) };
  return (await on.app.request(path, init ?? { method })).json();
}

describe('native replies', () => {
  it.each<[string, object?]>([
    ['POST /api/generate', { model: 'm', prompt: 'x', think: true, stream: false }],
    ['POST /api/generate', { model: 'm', prompt: 'x', raw: true, stream: false }],
    [
      'POST /api/generate',
      { model: 'm', prompt: 'x', think: true, stream: false, logprobs: true, top_logprobs: 2 },
    ],
    ['POST /api/chat', { ...chat, stream: false }],
    ['POST /api/chat', { ...chat, stream: false, logprobs: true, top_logprobs: 2 }],
    ['POST /api/chat', long],
    ['POST /api/create', { model: 'n', from: 'm', stream: false }],
    ['POST /api/pull', { model: 'p', stream: false }],
    ['POST /api/push', { model: 'a/p', stream: false }],
    ['POST /api/show', { model: 'm' }],
    ['POST /api/show', { model: 'm', verbose: true }],
    ['GET /api/tags'],
    ['GET /api/ps'],
    ['GET /api/version'],
  ])('%s has the keys of Ollama and no others: %j', async (route, body) => {
    expect(objections(route, await reply(server, route, body))).toBe('');
  });

  it.each<[string, object]>([
    ['POST /api/generate', { model: 'm', prompt: '' }],
    ['POST /api/generate', { model: 'm', prompt: 'x', _debug_render_only: true }],
    ['POST /api/chat', { model: 'm', messages: [] }],
    ['POST /api/chat', { ...chat, _debug_render_only: true }],
    ['POST /api/embed', { model: 'e', input: 'x' }],
    ['POST /api/embed', { model: 'e', input: [] }],
    ['POST /api/embeddings', { model: 'e', prompt: 'x' }],
  ])('%s without an answer: %j', async (route, body) => {
    const on = 'model' in body && body.model === 'e' ? embedding : server;
    expect(objections(route, await reply(on, route, body), { isFinal: false })).toBe('');
  });

  it.each<[string, object]>([
    ['POST /api/generate', { model: 'm', prompt: 'x', think: true }],
    ['POST /api/chat', chat],
    ['POST /api/create', { model: 'o', from: 'm' }],
    ['POST /api/pull', { model: 'p' }],
    ['POST /api/push', { model: 'a/p' }],
  ])('each line of the stream of %s', async (route, body) => {
    const lines = await linesOf(await server.post(route.slice('POST '.length), body));
    expect(lines.length).toBeGreaterThan(1);
    for (const [index, line] of lines.entries()) {
      expect(objections(route, line, { isFinal: index === lines.length - 1 })).toBe('');
    }
  });

  it('errors have no other key', async () => {
    expect(objections('errors', await reply(server, 'POST /api/chat', { model: 'none' }))).toBe('');
  });

  it.each(['0.12.0', '0.12.11', '0.14.0', '0.30.0'])(
    'a strict client of Ollama %s objects at most to the IDs of calls and to what the list tells',
    async (version) => {
      const strict = async (route: string, body?: object) =>
        objections(route, await reply(server, route, body), { version });
      const callIds = isUpTo('0.12.10', version) ? '' : 'unknown message.tool_calls[].id';
      const inTags = ['details.context_length', 'details.embedding_length', 'capabilities'];
      const unknown = inTags.map((name) => `unknown models[].${name}`).join(', ');
      expect(await strict('POST /api/generate', { model: 'm', prompt: 'x', stream: false })).toBe('');
      expect(await strict('POST /api/chat', { ...chat, stream: false })).toBe(callIds);
      expect(await strict('POST /api/show', { model: 'm' })).toBe('');
      expect(await strict('GET /api/ps')).toBe('');
      expect(await strict('GET /api/tags')).toBe(isUpTo('0.30.0', version) ? '' : unknown);
    },
  );

  it('tell more only to a request for verbose metrics, and a truncation in the header too', async () => {
    const plain = await server.post('/api/chat', long);
    expect(plain.headers.get('X-Ollama-Prompt-Truncated')).toBe('true');
    const verbose = await reply(server, 'POST /api/chat', { ...long, verbose_metrics: true });
    expect(verbose).toMatchObject({ prompt_eval_cached: 1, prompt_truncated: true, stop_sequence: 'x' });
    expect(objections('POST /api/chat', verbose)).toContain('unknown prompt_eval_cached');
  });
});
