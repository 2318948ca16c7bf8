import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { linesOf, type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import { programVersion } from '../../base/version.ts';
import { openApiDocument } from './document.ts';
import { operations } from './operations.ts';

let server: ScriptServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const start = async (): Promise<ScriptServer> => {
  server = await startScriptServer();
  await server.addModel('m', { create: { system: 's', parameters: { stop: ['x'] }, license: 'l' } });
  return server;
};

/** Validates values against the schemas of the document. */
function validator(): (name: string, value: unknown) => string {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const { components } = openApiDocument('1') as { components: { schemas: Record<string, object> } };
  ajv.addSchema({ $id: 'api', components });
  return (name, value) => {
    const isValid = ajv.validate({ $ref: `api#/components/schemas/${name}` }, value);
    return isValid ? '' : `${ajv.errorsText()} in ${JSON.stringify(value)}`;
  };
}

describe('the OpenAPI description', () => {
  it('lists every route with its methods and no others', async () => {
    const { app } = await start();
    for (const path of new Set(app.routes.map((route) => route.path)).values()) {
      if (path === '/*') continue;
      const response = await app.request(path.replace(':', ''), { method: 'PATCH' });
      const allowed = response.headers.get('Allow')?.toLowerCase().split(', ') ?? [];
      const described = operations.filter((operation) => operation.path === path);
      expect(described.map(({ method }) => method).sort(), path).toEqual(allowed.sort());
    }
    const paths = new Set(app.routes.map((route) => route.path));
    expect(operations.filter(({ path }) => !paths.has(path))).toEqual([]);
  });

  it('equals docs/openapi.yaml (written by npm run openapi)', async () => {
    const { app } = await start();
    const file = readFileSync(new URL('../../../docs/openapi.yaml', import.meta.url), 'utf8');
    expect(parse(file)).toEqual(JSON.parse(JSON.stringify(openApiDocument(programVersion()))));
    const served = await app.request('/openapi.json');
    expect(await served.json()).toMatchObject({ openapi: '3.1.0', info: { version: '0.1.2' } });
  });

  it('has no dangling references', () => {
    const text = JSON.stringify(openApiDocument('1'));
    const { components } = JSON.parse(text);
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(components.schemas).toHaveProperty([name ?? '']);
    }
    expect(text).not.toContain('$defs');
  });

  it('matches the replies of the server', async () => {
    const { app, post } = await start();
    const misfit = validator();
    const messages = [{ role: 'user', content: 'x' }];
    const replies: [string, string, object?][] = [
      ['VersionResponse', '/api/version'],
      ['TagsResponse', '/api/tags'],
      ['QueueResponse', '/api/queue'],
      ['UsageResponse', '/api/usage'],
      ['ConfigResponse', '/api/config'],
      ['LogsResponse', '/api/logs'],
      ['ChatsResponse', '/api/chats'],
      ['EstimateResponse', '/api/estimate', { model: 'm' }],
      ['ShowResponse', '/api/show', { model: 'm', verbose: true }],
      [
        'GenerateResponse',
        '/api/generate',
        { model: 'm', prompt: 'x', stream: false, logprobs: true, top_logprobs: 1 },
      ],
      ['ChatResponse', '/api/chat', { model: 'm', messages, stream: false, logprobs: true }],
      ['ChatResponse', '/api/chat', { model: 'm', messages, _debug_render_only: true }],
      ['ApplyTemplateResponse', '/api/apply-template', { model: 'm', messages }],
      ['TokenizeResponse', '/api/tokenize', { model: 'm', content: 'a b', with_pieces: true }],
      ['DetokenizeResponse', '/api/detokenize', { model: 'm', tokens: [10] }],
      ['LoadProgress', '/api/load', { model: 'm', stream: false }],
      ['PsResponse', '/api/ps'],
      ['Progress', '/api/create', { model: 'n', from: 'm', stream: false }],
      ['VerifyProgress', '/api/verify', { model: 'm', stream: false }],
      ['LinkResponse', '/api/link', { digest: `sha256:${'0'.repeat(64)}` }],
      ['UnloadProgress', '/api/unload', { model: 'm', stream: false }],
      ['Error', '/api/chat', { model: 'none', messages }],
    ];
    for (const [name, path, body] of replies) {
      const response = body ? await post(path, body) : await app.request(path);
      expect(misfit(name, await response.json()), path).toBe('');
    }
    const chunks = await linesOf(await post('/api/chat', { model: 'm', messages }));
    for (const chunk of chunks) expect(misfit('ChatResponse', chunk)).toBe('');
    expect(misfit('ChatResponse', { done: true })).toContain('required');
  });
});
