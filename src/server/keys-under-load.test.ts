import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { keyFolder, keyRecord, keySettings } from '../../test/fakes/access/key-records.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { KeyFolder } from '../access/key-folder.ts';
import { KeyStore } from '../access/key-store.ts';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';

let server: ScriptServer | undefined;

afterEach(() => server?.close());

const REWRITES = 100;
const CLIENTS = 4;
const PAUSE_MS = 20;
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

it(`loses no request while its key file is written ${REWRITES} times, by the server and by another process`, async () => {
  const folder = keyFolder([keyRecord('ok-user'), keyRecord('ok-admin', { scopes: ['admin'] })]);
  // Looks a hundred times as often, so that each change of the other process is read.
  const clock = {
    ...systemClock,
    after: (ms: number, call: () => void) => systemClock.after(ms / 100, call),
  };
  const keys = await KeyStore.open({ folder, settings: keySettings(), clock, logger: silentLogger });
  const { app, addModel, post } = await startScriptServer({ keys }).then((started) => {
    server = started;
    return started;
  });
  await addModel('m');
  let isWriting = true;
  const statuses = new Map<number, number>();
  const client = async () => {
    while (isWriting) {
      const body = { model: 'm', prompt: 'x', stream: false };
      const { status } = await post('/api/generate', body, bearer('ok-user'));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // Leaves the processor to the files for most of the time.
      await pause(PAUSE_MS);
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  const other = new KeyFolder(folder);
  for (let round = 0; round < REWRITES; round += 4) {
    await other.create({ name: `other ${round}` });
    expect((await post('/api/keys', { name: `own ${round}` }, bearer('ok-admin'))).status).toBe(200);
    await other.revoke(`own ${round}`);
    const path = `/api/keys/${encodeURIComponent(`other ${round}`)}`;
    expect((await app.request(path, { method: 'DELETE', headers: bearer('ok-admin') })).status).toBe(200);
  }
  isWriting = false;
  await Promise.all(clients);
  expect([...statuses.keys()]).toEqual([200]);
  expect((await other.list()).keys).toHaveLength(2);
});
