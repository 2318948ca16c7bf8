import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, expect, it } from 'vitest';
import type { LogFields } from '../../base/logger.ts';
import { silentLogger } from '../../base/logger.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { bodyLog } from './body-log.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

function setup() {
  const settings = { debugLogRequests: true };
  const warn = (_: string, fields?: LogFields) => void folders.push(String(fields?.folder));
  const app = new Hono<ServerEnvironment>();
  app.use(bodyLog(settings, { ...silentLogger, warn }));
  app.all('*', async (context) => new Response(await context.req.raw.text()));
  const post = async (path: string, body: string, host = 'localhost:11434') =>
    (await app.request(path, { method: 'POST', body, headers: { Host: host } })).text();
  return { settings, post };
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

it('writes the body and a script that resends it, for the owner only, and passes the body on to the route', async () => {
  const { post } = setup();
  expect(await post('/api/chat', '{"model":"m"}', `x' ; touch "$(dirname "$0")/broken" ; '`)).toBe(
    '{"model":"m"}',
  );
  const [folder = ''] = folders;
  expect(folder).toMatch(/ollama-request-logs-\w+$/);
  const names = (await readdir(folder)).sort();
  expect(names).toEqual([
    expect.stringMatching(/^\d{8}T\d{6}\.\d{3}Z-000001_api_chat_body\.json$/),
    expect.stringMatching(/-000001_api_chat_request\.sh$/),
  ]);
  const [body = '', script = ''] = names.map((name) => join(folder, name));
  expect(await readFile(body, 'utf8')).toBe('{"model":"m"}');
  expect(await Promise.all([folder, body, script].map(modeOf))).toEqual([0o700, 0o600, 0o600]);
  // A fake curl that only prints its arguments.
  const programs = await mkdtemp(join(tmpdir(), 'ollama-programs-'));
  folders.push(programs);
  await writeFile(join(programs, 'curl'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  const env = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
  const told = execFileSync('sh', [script], { encoding: 'utf8', env });
  expect(told).toContain(`@${names[0]}\n--url\nhttp://x' ; touch`);
  expect((await readdir(folder)).length).toBe(2);
});

it('writes nothing for other paths or when it is off', async () => {
  const { settings, post } = setup();
  await post('/api/show', '{}');
  settings.debugLogRequests = false;
  expect(await post('/api/chat', '{"a":1}')).toBe('{"a":1}');
  expect(folders).toEqual([]);
});
