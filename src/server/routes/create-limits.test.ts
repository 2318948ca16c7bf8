import { afterEach, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';

let server: ScriptServer;
afterEach(() => server.close());

const digest = `sha256:${'a'.repeat(64)}`;
const named = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`folder/${index}.gguf`, digest]));

async function refusalOf(body: object): Promise<string> {
  const response = await server.post('/api/create', { model: 'm', stream: false, ...body });
  expect(response.status).toBe(400);
  return await response.text();
}

it('refuses a create request of 100,000 file names before it is parsed, and looks up the files of the largest allowed', async () => {
  server = await startScriptServer();
  expect(await refusalOf({ files: named(100_000) })).toContain(
    'more than 200000 keys, values and separators',
  );
  expect(await refusalOf({ files: named(10_001) })).toContain('field \\"files\\": Too big');
  const files = named(10_000);
  expect(await refusalOf({ files, adapters: files, draft_files: files })).toContain('at most 16 are allowed');
  expect(await refusalOf({ files, draft_files: files })).toContain('only one draft model is supported');
});
