/** Which listeners let other machines reach the server. The end-to-end test of the service manager has its sockets. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { CertificateFolder, type CertificatePaths } from '../../../test/fakes/servers/certificate-files.ts';
import { silentLogger } from '../../base/logger.ts';
import { readConfig } from '../../config/config.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { type Entrance, openEntrance } from './entrance.ts';

const app = new Hono<ServerEnvironment>();
let folder: string;
let authority: string;
let paths: CertificatePaths;
const opened: Entrance[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-reach-'));
  const certificates = await CertificateFolder.create(folder);
  authority = certificates.authority;
  paths = await certificates.write('server');
});
afterEach(async () => {
  for (const listening of opened.splice(0)) await listening.close(0);
});
afterAll(() => rm(folder, { recursive: true }));

async function isReachable(environment: Record<string, string>): Promise<boolean> {
  const { config } = readConfig(environment);
  const shutdown = { announce: () => undefined, hasBegun: false, refuses: false };
  const server = { app, quickReplies: new Map(), logger: silentLogger, shutdown };
  const entrance = await openEntrance({ server, config, environment: {}, bounds: undefined });
  opened.push(entrance);
  return entrance.isReachable;
}

it.each<[host: string, listen: string, expected: boolean]>([
  ['127.0.0.1:0', '', false],
  ['localhost:0', '', false],
  ['0.0.0.0:0', '', true],
  ['127.0.0.1:0', '0.0.0.0:0', true],
  ['0.0.0.0:0', '127.0.0.1:0', false],
  ['127.0.0.1:0', '127.0.0.1:0,0.0.0.0:0', true],
  ['127.0.0.1:0', 'unix://FOLDER/a.sock', false],
  ['127.0.0.1:0', 'unix://FOLDER/b.sock,http://0.0.0.0:0', true],
])('OLLAMA_HOST %j and OLLAMA_LISTEN %j: %j', async (host, listen, expected) => {
  const addresses = listen.replace('FOLDER', folder);
  expect(await isReachable({ OLLAMA_HOST: host, OLLAMA_LISTEN: addresses })).toBe(expected);
});

it.each<[listen: string, clients: boolean, expected: boolean]>([
  ['https://0.0.0.0:0', false, true],
  ['https://0.0.0.0:0', true, false],
  ['https://0.0.0.0:0,http://0.0.0.0:0', true, true],
])('%s with certificates of clients %j: %j', async (listen, clients, expected) => {
  const client = clients ? { OLLAMA_TLS_CLIENT_CA: authority } : {};
  const certificate = { OLLAMA_TLS_CERT: paths.cert, OLLAMA_TLS_KEY: paths.key };
  expect(await isReachable({ OLLAMA_LISTEN: listen, ...certificate, ...client })).toBe(expected);
});
