import { EventEmitter } from 'node:events';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../../test/fakes/access/key-records.ts';
import { validBodies } from '../../../test/fakes/random/valid-bodies.ts';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import { OllamaError } from '../../base/errors.ts';
import { requestIds } from '../middleware/request-ids.ts';
import { operations } from '../openapi/operations.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { auditedOperation, isClassified } from './audit-actions.ts';
import type { AuditEntry } from './audit-log.ts';
import { plainJson } from './audit-text.ts';
import { auditTrail } from './audit-trail.ts';

let server: ScriptServer;
let entries: AuditEntry[];

beforeEach(async () => {
  entries = [];
  await start();
});
afterEach(() => server.close());

async function start(options: Parameters<typeof startScriptServer>[0] = {}) {
  server = await startScriptServer({
    audit: { write: (entry) => void entries.push(entry) },
    pull: async function* () {
      yield { status: 'success' };
    },
    push: async function* () {
      yield { status: 'success' };
    },
    ...options,
  });
  await server.addModel('m');
}

const lines = () => entries.map(plainJson).join('\n');

const writing = operations.filter(({ method }) => method !== 'get' && method !== 'head');

describe('every operation of the API that writes', () => {
  it.each(writing.map(({ method, path }) => `${method.toUpperCase()} ${path}`))(
    'is classified: %s',
    (name) => {
      expect(isClassified(name)).toBe(true);
    },
  );

  const changing = writing.filter(({ method, path }) => auditedOperation(method.toUpperCase(), path)?.action);

  it.each(changing.map(({ method, path }) => [method.toUpperCase(), path] as const))(
    'has a line if it changes something: %s %s',
    async (method, path) => {
      const target = path.replace(/:digest/, `sha256:${'0'.repeat(64)}`).replace(/:id/, 'some-id');
      const body = JSON.stringify(validBodies[path] ?? { model: 'm' });
      const reply = await server.app.request(target, { method, body, headers: { 'X-Request-Id': 'ann-1' } });
      await reply.text();
      const action = auditedOperation(method, path)?.action;
      expect(entries.filter(({ result }) => result !== 'begun')).toEqual([
        expect.objectContaining({ action, method, path, requestId: 'ann-1', status: reply.status }),
      ]);
    },
  );
});

describe('the audit log', () => {
  it('has the model, and everything else that a request names', async () => {
    await server.post('/api/copy', { source: 'm', destination: 'ann/copy:1' });
    await server.post('/api/create', { model: 'made', from: 'm', system: 'secret prompt', stream: false });
    await server.post('/api/pull', { name: 'x', stream: false });
    await server.post('/api/delete', {});
    await server.app.request('/api/delete', { method: 'DELETE', body: '{"model":"ann/copy:1"}' });
    await server.app.request('/api/delete', { method: 'DELETE', body: '{"model":"ann/copy:1"}' });
    const digest = `sha256:${'0'.repeat(64)}`;
    await server.app.request(`/api/blobs/${digest}`, { method: 'POST', body: 'x' });
    expect(entries).toMatchObject([
      { action: 'copy', source: 'm', destination: 'ann/copy:1', status: 200, result: 'ok' },
      { action: 'create', model: 'made', from: 'm', result: 'ok' },
      { action: 'pull', name: 'x', result: 'ok' },
      { action: 'delete', model: 'ann/copy:1', result: 'ok' },
      { action: 'delete', model: 'ann/copy:1', status: 404, result: 'failed' },
      { action: 'upload', digest, status: 400, result: 'failed' },
    ]);
  });

  it('has what loads and unloads a model, and nothing about requests that only run one', async () => {
    await server.post('/api/generate', { model: 'm' });
    await server.post('/api/chat', { model: 'm', messages: [], keep_alive: 0 });
    await server.post('/api/load', { model: 'm', stream: false });
    await server.post('/api/generate', { model: 'm', prompt: 'hello', stream: false });
    await server.post('/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'hi' }] });
    await server.app.request('/api/tags');
    await server.post('/api/generate', { model: 'missing' });
    expect(entries).toMatchObject([
      { action: 'load', path: '/api/generate', model: 'm' },
      { action: 'unload', path: '/api/chat', model: 'm' },
      { action: 'load', path: '/api/load', model: 'm' },
    ]);
  });

  it('has every refusal, whatever refused it and whatever it was about', async () => {
    await server.app.request('/api/tags', { headers: { Host: 'evil.example' } });
    await server.app.request('/api/tags', { headers: { Host: 'localhost', Origin: 'https://evil.example' } });
    await server.app.request('/api/version', { headers: { 'Sec-Fetch-Site': 'cross-site' } });
    await server.close();
    const reader = keyRecord('ok-reader', { name: 'reader', scopes: ['read', 'pull'] });
    const pull = () => {
      throw new OllamaError('forbidden', 'too many', { status: 429 });
    };
    await start({ keys: await keysOf([reader]), pull });
    const asked = validBodies['/api/chat'];
    await server.post('/api/chat', asked, { Authorization: 'Bearer planted-key-0123456789' });
    await server.post('/api/chat', asked, { Authorization: 'Bearer ok-reader' });
    await server.post('/api/pull', { model: 'x', stream: false }, { 'X-Api-Key': 'ok-reader' });
    await server.app.request('/v1/models/ann/secret');
    expect(entries).toMatchObject([
      { action: 'request', result: 'refused', status: 403, path: '/api/tags', method: 'GET' },
      { action: 'request', result: 'refused', status: 403 },
      { action: 'request', result: 'refused', status: 403, path: '/api/version' },
      { action: 'request', result: 'refused', status: 401, path: '/api/chat', method: 'POST' },
      { result: 'refused', status: 403, path: '/api/chat', key: reader.id },
      { action: 'pull', result: 'refused', status: 429, model: 'x', key: reader.id },
      { result: 'refused', status: 401, path: '/v1/models/ann/secret' },
    ]);
    expect(entries[3]).not.toHaveProperty('key');
    expect(lines()).not.toContain('planted-key');
  });

  it('calls a change refused, not canceled, if its client leaves before it is refused', async () => {
    const app = new Hono<ServerEnvironment>();
    app.use(requestIds(), auditTrail({ write: (entry) => void entries.push(entry) }));
    app.delete('/api/delete', (context) => context.text('', refuses ? 401 : 200));
    let refuses = true;
    const remove = async () => {
      const outgoing = Object.assign(new EventEmitter(), { statusCode: 200, writableFinished: false });
      const connection = { incoming: { socket: { remoteAddress: '10.0.0.1' } }, outgoing };
      await app.request('/api/delete', { method: 'DELETE' }, connection);
      outgoing.emit('close');
    };
    await remove();
    refuses = false;
    await remove();
    expect(entries).toMatchObject([
      { action: 'delete', result: 'refused', status: 401, address: '10.0.0.1' },
      { action: 'delete', result: 'canceled', status: 200 },
    ]);
  });

  it('never has a key or a prompt, wherever a client puts one', async () => {
    const key = `ok-${'Ab1_'.repeat(10)}`;
    const prompt = 'the planted prompt';
    const headers: Record<string, string>[] = [
      { Authorization: `Bearer ${key}`, 'X-Api-Key': 'planted-secret' },
      { Authorization: `Basic ${Buffer.from('ann:planted-secret').toString('base64')}` },
      { 'X-Api-Key': 'planted-secret', 'X-Request-Id': 'planted-secret' },
      { Authorization: 'Bearer planted-secret', 'X-Request-Id': key },
    ];
    const bodies = [
      { model: key, system: prompt, template: prompt, messages: [{ role: 'user', content: prompt }] },
      { model: 'planted-secret', prompt },
      { source: key, destination: `x/${key}`, license: prompt },
      { model: `https://ann:${key}@example.org/a.gguf?token=${key}` },
      { model: 'https://ann:planted-secret@example.org/a.gguf?token=planted-secret' },
    ];
    const paths = [
      '/api/create',
      '/api/copy',
      '/api/pull',
      '/api/load',
      '/api/unload',
      '/api/push',
      `/api/${key}`,
    ];
    for (const path of [...paths, `/api/keys/${key}/rotate`]) {
      for (const header of headers) for (const body of bodies) await server.post(path, body, header);
    }
    expect(entries.length).toBeGreaterThan(100);
    expect(lines()).not.toContain(key);
    expect(lines()).not.toContain('planted');
    expect(lines()).toContain('https://example.org/a.gguf');
  });

  it('bounds and escapes what it quotes', async () => {
    const hostile = `a\u0000\u001b[31m\n{"action":"stop"}\u202e\u2028\ud800 ${'x'.repeat(100_000)}`;
    await server.post('/api/pull', { model: hostile });
    await server.post('/api/copy', { source: hostile, destination: hostile });
    expect(entries).toHaveLength(2);
    for (const entry of entries) {
      const line = plainJson(entry);
      expect(line).toMatch(/^[ -~]*$/);
      expect(line.length).toBeLessThan(6 * 256 * 3);
      expect(JSON.parse(line)).toMatchObject({ result: 'failed', status: 400 });
    }
  });
});
