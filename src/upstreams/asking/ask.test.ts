import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import {
  type RecordedUpstream,
  said,
  startRecordedUpstream,
  status,
} from '../../../test/fakes/servers/recorded-upstream.ts';
import { upstream } from '../../../test/fakes/servers/upstream-pair.ts';
import { silentLogger } from '../../base/logger.ts';
import { openAiDialect } from '../dialects/openai/dialect.ts';
import { UpstreamState } from '../routing/upstream-state.ts';
import { askForAnswer, askForDocument } from './ask.ts';

let recorded: RecordedUpstream;
let state: UpstreamState;
beforeEach(async () => {
  recorded = await startRecordedUpstream(said('hi'));
  state = new UpstreamState(upstream({ name: 'up', url: recorded.url, kind: 'openai' }), {
    ...{ clock: new FakeClock(), logger: silentLogger, environment: {} },
  });
});
afterEach(async () => {
  await state.connection.close();
  await recorded.kill();
});

it('leaves nothing behind on a signal that lives on, however the request ends', async () => {
  const { signal } = new AbortController();
  const ask = { signal, clock: new FakeClock(), userAgent: 'test' };
  const request = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
  const to = { upstream: 'up', model: 'm', extensions: false, host: '127.0.0.1' };
  const call = openAiDialect.run({ kind: 'chat', request }, to);
  const followers = () => getEventListeners(signal, 'abort').length;

  const whole = await askForAnswer(state, call, ask);
  expect(followers()).toBe(1);
  if (!('result' in whole)) throw whole.failure.error;
  for await (const _ of whole.result.rest);
  expect(followers()).toBe(0);

  const left = await askForAnswer(state, call, ask);
  if (!('result' in left)) throw left.failure.error;
  await left.result.rest.return();
  expect(followers()).toBe(0);

  recorded.answer(status(500), status(200), status(200, { data: [] }));
  expect(await askForAnswer(state, call, ask)).toHaveProperty('failure');
  expect(await askForAnswer(state, call, ask)).toHaveProperty('failure');
  expect(await askForDocument(state, call, ask)).toHaveProperty('result');
  expect(followers()).toBe(0);
});
