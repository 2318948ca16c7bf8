import { afterEach, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { GenerateRequest } from '../api/generate.ts';
import { OllamaError } from '../base/errors.ts';
import { SuspectError } from '../runner/suspicion.ts';

let server: ScriptServer;

afterEach(() => server.close());

const never = new AbortController().signal;

async function generate(request: GenerateRequest): Promise<void> {
  const chunks = server.inference.generate({ model: 'm', raw: true, ...request }, { signal: never });
  for await (const _ of chunks);
}

const start = async (code: 'runner-failed' | 'overrun') => {
  const failure = new SuspectError(new OllamaError(code, 'the runner hung'), 1);
  server = await startScriptServer({ runner: new ScriptRunner({ pieces: ['x'], failure }) });
  await server.addModel('m');
};

it('refuses a request that hung its runner when it comes again, and loads nothing for it', async () => {
  await start('runner-failed');
  await expect(generate({ prompt: 'a' })).rejects.toThrow('the runner hung');
  await expect(generate({ prompt: 'a', keep_alive: '1h', stream: false })).rejects.toMatchObject({
    code: 'overrun',
    status: 400,
    message: expect.stringContaining('refused for 10 minutes: change its prompt, its options or its grammar'),
  });
  await expect(generate({ prompt: 'b' })).rejects.toThrow('the runner hung');
  expect(server.runner.requests).toHaveLength(2);
});

it('refuses a grammar that took too long, with any prompt', async () => {
  await start('overrun');
  const options = { grammar: 'root ::= "a"' };
  await expect(generate({ prompt: 'a', options })).rejects.toThrow('the runner hung');
  await expect(generate({ prompt: 'b', options })).rejects.toThrow('refused for 10 minutes');
  server.runner.script = { pieces: ['x'] };
  await generate({ prompt: 'a' });
  expect(server.runner.requests).toHaveLength(2);
});

it('checks a grammar before it loads a model', async () => {
  await start('overrun');
  await expect(generate({ prompt: 'a', options: { grammar: 'root ::= root' } })).rejects.toThrow(
    'options.grammar: rule "root" begins with itself',
  );
  expect(server.runner.requests).toHaveLength(0);
});
