import { afterEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../../test/fakes/access/key-records.ts';
import { ScriptRunner } from '../../../test/fakes/runners/script-runner.ts';
import { linesOf, type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import type { CompletionEvent, CompletionPrompt } from '../../protocol/completion.ts';
import type { RunnerRequest } from '../../runner/runner.ts';

const template = `{{ range .Messages }}{{ .Role }}:{{ .Content }} {{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ end }}
{{- if .Think }}think{{ end }}`;

/** Thinks until its thinking is ended. */
class ThinkingRunner extends ScriptRunner {
  override async *complete(
    request: RunnerRequest<CompletionPrompt>,
    signal?: AbortSignal,
  ): AsyncGenerator<CompletionEvent> {
    if (!request.thinking) {
      yield* super.complete(request, signal);
      return;
    }
    yield { type: 'text', text: '<think>hm' };
    const { endThinking } = request;
    if (!endThinking?.aborted) {
      await new Promise((resolve) => endThinking?.addEventListener('abort', resolve, { once: true }));
    }
    this.script = { pieces: ['</think>', 'answer'] };
    yield* super.complete(request, signal);
  }
}

let server: ScriptServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(options: Parameters<typeof startScriptServer>[0] = {}): Promise<ScriptServer> {
  server = await startScriptServer({ runner: new ThinkingRunner(), ...options });
  await server.addModel('m', { create: { template } });
  return server;
}

const chat = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

describe('POST /api/runs/:id/answer', () => {
  it('ends the thinking of a running answer by the ID in its header', async () => {
    const { post } = await start();
    const running = await post('/api/chat', chat);
    const id = running.headers.get('X-Request-Id') ?? '';
    const reply = await post(`/api/runs/${id}/answer`, '');
    expect([reply.status, await reply.json()]).toEqual([200, { id, ended: true }]);
    const chunks = (await linesOf(running)) as { message: { content: string; thinking?: string } }[];
    expect(chunks.map(({ message }) => message.thinking ?? '').join('')).toBe('hm');
    expect(chunks.map(({ message }) => message.content).join('')).toBe('answer');
    expect((await post(`/api/runs/${id}/answer`, '')).status).toBe(404);
  });

  it('takes the ID that the client chose, also one that needs to be encoded, and also through /v1', async () => {
    const { post } = await start();
    const id = 'a/b+c=@:1';
    const running = await post('/v1/chat/completions', { ...chat, stream: true }, { 'X-Request-Id': id });
    expect((await post(`/api/runs/${encodeURIComponent(id)}/answer`, '')).status).toBe(200);
    expect(await running.text()).toContain('answer');
  });

  it('ends nothing of another key, unless it has the scope admin', async () => {
    const { post } = await start({
      keys: await keysOf([
        keyRecord('ok-ada', { name: 'ada' }),
        keyRecord('ok-bob', { name: 'bob' }),
        keyRecord('ok-admin', { name: 'boss', scopes: ['admin'] }),
      ]),
    });
    const headers = { ...bearer('ok-ada'), 'X-Request-Id': 'r' };
    const running = await post('/api/chat', chat, headers);
    expect((await post('/api/runs/r/answer', '', bearer('ok-bob'))).status).toBe(404);
    expect((await post('/api/runs/r/answer', '')).status).toBe(401);
    expect((await post('/api/runs/r/answer', '', bearer('ok-admin'))).status).toBe(200);
    expect(await running.text()).toContain('answer');
  });
});
