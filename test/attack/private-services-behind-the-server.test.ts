/** Clients on other machines try to reach services of the server's machine and network through pull, push and create. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { post } from '../e2e/support/server-requests.ts';
import { RegistryServer } from '../fakes/servers/registry-server.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

const SECRET = 'the-password-is-swordfish';
/** A proxy on the server's machine adds this header; the request then counts as one from another machine. */
const elsewhere = { 'X-Forwarded-For': '203.0.113.7' };
/** A service that was not made for clients of ours, on a port that browsers refuse. */
let service: Server;
let asked = 0;
let port = 0;
let server: TestServer;

beforeAll(async () => {
  service = createServer((_, response) => {
    asked += 1;
    response.writeHead(403).end(SECRET);
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  port = (service.address() as AddressInfo).port;
  server = await startAttackedServer();
});
afterAll(async () => {
  service.closeAllConnections();
  service.close();
  await server[Symbol.asyncDispose]();
});

const insecure = { insecure: true, stream: false };

it('reaches none of them, whatever the address looks like', async () => {
  const hosts = [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    `127.1:${port}`,
    `2130706433:${port}`,
    '10.0.0.1',
    '192.168.0.1',
  ];
  const addresses = [...hosts, `[::1]:${port}`, `[::ffff:127.0.0.1]:${port}`, `[64:ff9b::127.0.0.1]:${port}`];
  const copies = await Promise.all(
    hosts.map((host) =>
      post(server, '/api/copy', { source: ordinaryModel, destination: `${host}/library/x` }),
    ),
  );
  expect(copies.map(({ status }) => status)).toEqual(hosts.map(() => 200));
  const report = await underAttack(server, 'pulls, pushes and creations from private addresses', () =>
    Promise.all([
      ...hosts.flatMap((host) => [
        post(server, '/api/pull', { model: `${host}/library/absent`, ...insecure }, elsewhere),
        post(server, '/api/push', { model: `${host}/library/x`, ...insecure }, elsewhere),
        post(server, '/api/create', { model: 'y', from: `${host}/library/absent`, stream: false }, elsewhere),
      ]),
      ...addresses.flatMap((host) => [
        post(server, '/api/pull', { model: `http://${host}/x/y.gguf`, ...insecure }, elsewhere),
        post(
          server,
          '/api/create',
          { model: 'y', from: `https://${host}/x/y.gguf`, stream: false },
          elsewhere,
        ),
      ]),
    ]),
  );
  for (const { status, body } of report.result) {
    expect(body).toMatchObject({ error: expect.stringContaining('is not a public registry') });
    expect(status).toBe(403);
  }
  expect(asked).toBe(0);
  await expectUndisturbed(server, report);
});

it('does not show clients on this machine what the service says', async () => {
  const model = `127.0.0.1:${port}/library/x`;
  const push = await post(server, '/api/push', { model, ...insecure });
  expect(push).toEqual({ status: 500, body: { error: '403: Forbidden' } });
  const pull = await post(server, '/api/pull', { model, ...insecure });
  expect(pull).toEqual({ status: 500, body: { error: 'pull model manifest: 403: Forbidden' } });
  expect(asked).toBe(2);
});

it('is allowed where a setting names the registry, or the operator names it as a mirror', async () => {
  await using registry = await RegistryServer.start();
  registry.publish('tiny', [{ mediaType: 'application/vnd.ollama.image.system', content: 'Be brief.' }]);
  const model = registry.name('tiny');
  await using named = await startAttackedServer({ env: { OLLAMA_PRIVATE_REGISTRIES: '127.0.0.0/8' } });
  expect(await post(named, '/api/pull', { model, ...insecure }, elsewhere)).toMatchObject({ status: 200 });
  const env = { OLLAMA_REGISTRY_MIRRORS: `registry.example=http://${registry.host}` };
  await using mirrored = await startAttackedServer({ env });
  const request = { model: 'registry.example/library/tiny', stream: false };
  expect(await post(mirrored, '/api/pull', request, elsewhere)).toMatchObject({ status: 200 });
});
