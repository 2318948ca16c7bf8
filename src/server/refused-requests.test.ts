import { afterEach, describe, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';

let server: ScriptServer;
afterEach(() => server.close());

const messages = [{ role: 'user', content: 'hi' }];
const templated = ['/api/generate', { prompt: 'p', template: '{{ .Prompt }}' }] as const;
const constrained = [
  ['/api/generate', { prompt: 'p', options: { grammar: 'root ::= "a"' } }],
  ['/api/chat', { messages, options: { grammar: 'root ::= "a"' } }],
  ['/v1/chat/completions', { messages, options: { grammar: 'root ::= "a"' } }],
] as const;

async function ask(path: string, body: object) {
  const response = await server.post(path, { model: 'm', stream: false, ...body });
  return { status: response.status, text: await response.text() };
}

describe('a server that others reach', () => {
  it('refuses templates of requests when they are switched off, and names the setting', async () => {
    server = await startScriptServer({ requests: { requestTemplates: false } });
    await server.addModel('m');
    const refused = await ask(...templated);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('start the server with OLLAMA_REQUEST_TEMPLATES=on');
    expect((await ask('/api/generate', { prompt: 'p', template: '' })).status).toBe(200);
    for (const [path, body] of constrained) expect((await ask(path, body)).status).toBe(200);
  });

  it('refuses grammars of requests when they are switched off, and keeps those of models', async () => {
    server = await startScriptServer({ requests: { requestGrammars: false } });
    await server.addModel('m', { create: { parameters: { grammar: 'root ::= "a"' } } });
    for (const [path, body] of constrained) {
      const refused = await ask(path, body);
      expect(refused.status).toBe(403);
      expect(refused.text).toContain('OLLAMA_REQUEST_GRAMMARS=on');
    }
    expect((await ask('/api/generate', { prompt: 'p' })).status).toBe(200);
    expect((await ask(...templated)).status).toBe(200);
  });
});
