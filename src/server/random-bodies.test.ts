import { afterAll, beforeAll, expect, it } from 'vitest';
import { keysOf } from '../../test/fakes/access/key-records.ts';
import { mutated } from '../../test/fakes/random/mutations.ts';
import { randomBody } from '../../test/fakes/random/random-bodies.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { bodilessPaths, errorForm, validBodies } from '../../test/fakes/random/valid-bodies.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { OllamaError } from '../base/errors.ts';

const SEED = seedFrom(20_26);
const BODIES = rounds({ change: 1000, long: 10_000, nightly: 200_000 });
/** Generous, because the machine may be busy with other work. */
const TIMEOUT_MS = rounds({ change: 60_000, long: 300_000, nightly: 3_600_000 });

let server: ScriptServer;

beforeAll(async () => {
  const pull = () => {
    throw new OllamaError('not-found', 'nothing to pull from');
  };
  server = await startScriptServer({ pull, push: pull, keys: await keysOf([], 'off') });
  await server.addModel('m');
});
afterAll(() => server.close());

it('covers every route', () => {
  const paths = new Set(
    server.app.routes.filter(({ method, path }) => method === 'ALL' && path !== '/*').map(({ path }) => path),
  );
  expect([...paths].sort()).toEqual([...Object.keys(validBodies), ...bodilessPaths].sort());
});

it(`${BODIES} random bodies get an answer or a refusal, never a 500 (seed ${SEED})`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const random = seededRandom(SEED);
  const paths = Object.keys(validBodies);
  const statuses = new Map<number, number>();
  for (let count = 0; count < BODIES; count++) {
    const path = paths[count % paths.length] ?? '';
    const body = randomBody(random, validBodies[path]);
    const method = path === '/api/delete' ? 'DELETE' : 'POST';
    const response = await server.app.request(path, { method, body });
    const text = await response.text();
    expect(response.status, `${path} ${body} gave ${text}`).toBeLessThan(500);
    if (response.status >= 400) expect(JSON.parse(text), `${path} ${body}`).toEqual(errorForm(path));
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  }
  // Both outcomes occur: the mutations are neither all fatal nor all harmless.
  expect(statuses.get(200)).toBeGreaterThan(BODIES / 20);
  expect(statuses.get(400)).toBeGreaterThan(BODIES / 20);
});

it(`${BODIES} bodies with damaged bytes get an answer or a refusal, never a 500 (seed ${SEED})`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const random = seededRandom(SEED + 1);
  const paths = Object.keys(validBodies);
  const statuses = new Map<number, number>();
  for (let count = 0; count < BODIES; count++) {
    const path = paths[count % paths.length] ?? '';
    const body = mutated(Buffer.from(JSON.stringify(validBodies[path])), random);
    const method = path === '/api/delete' ? 'DELETE' : 'POST';
    const response = await server.app.request(path, { method, body: Buffer.from(body) });
    const text = await response.text();
    const sent = `seed ${SEED}, body ${count}: ${path} ${Buffer.from(body).toString('latin1')} gave ${text}`;
    expect(response.status, sent).toBeLessThan(500);
    if (response.status >= 400) expect(JSON.parse(text), sent).toEqual(errorForm(path));
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  }
  expect(statuses.get(200)).toBeGreaterThan(BODIES / 100);
  expect(statuses.get(400)).toBeGreaterThan(BODIES / 20);
});
