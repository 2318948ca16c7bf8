import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import { preloadModels } from './preload.ts';

let server: ScriptServer;
beforeEach(async () => {
  server = await startScriptServer();
  await server.addModel('one');
  await server.addModel('two', { metadata: { 'general.name': { type: 'string', value: 'Two' } } });
});
afterEach(() => server.close());

const parts = (signal = new AbortController().signal) => ({
  loading: server.modelLoading,
  logger: server.logger,
  signal,
});

it('loads the models in order, and continues after one that does not exist', async () => {
  await preloadModels(['one', 'missing', 'two'], parts());
  expect(server.scheduler.running().map(({ name }) => name)).toEqual(['one:latest', 'two:latest']);
  const texts = server.lines.map(({ message, fields }) => `${message} ${fields?.model ?? ''}`);
  expect(texts).toContain('model preloaded one');
  expect(texts).toContain('model not preloaded; its first request loads it missing');
  expect(texts).toContain('model preloaded two');
});

it('ends quietly when the server stops', async () => {
  const abort = new AbortController();
  abort.abort();
  await preloadModels(['one', 'two'], parts(abort.signal));
  expect(server.scheduler.running()).toEqual([]);
  expect(server.lines.filter(({ message }) => message.startsWith('model'))).toEqual([]);
});
