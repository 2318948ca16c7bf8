import { afterEach, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';

let server: ScriptServer;

afterEach(() => server.close());

it('lists ignored fields in a header every time and in the log once', async () => {
  server = await startScriptServer();
  await server.addModel('m');
  const show = (fields: object) => server.post('/api/show', { model: 'm', ...fields });
  const first = await show({ colour: 1, shape: 2 });
  expect(first.headers.get('X-Ollama-Ignored')).toBe('colour, shape');
  expect((await show({ colour: 1, size: 3 })).headers.get('X-Ollama-Ignored')).toBe('colour, size');
  const logged = server.lines.filter(({ message }) => message.includes('no effect'));
  expect(logged.map(({ fields }) => fields?.fields)).toEqual([['colour', 'shape'], ['size']]);
});
