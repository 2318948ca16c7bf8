import { expect, it } from 'vitest';
import { FakeClock } from '../../../../test/fakes/fake-clock.ts';
import type { Logger } from '../../../base/logger.ts';
import { serverState } from './server-state.ts';
import { findServiceManager, type ServerState, ServiceManager, watchdogLimit } from './service-manager.ts';

function start(watchdogMs?: number) {
  const clock = new FakeClock();
  const [sent, logged]: [string[], string[]] = [[], []];
  const note = (message: string) => void logged.push(message);
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const world: { state: ServerState; isDeaf: boolean } = { state: { status: 'idle' }, isDeaf: false };
  const send = (text: string) => {
    if (world.isDeaf) throw new Error('ECONNREFUSED');
    sent.push(text);
  };
  const manager = new ServiceManager({ send, watchdogMs, state: () => world.state, clock, logger });
  return { manager, clock, sent, logged, world };
}

it('gives signs of life in half the time that the service manager waits, and the status when it changes', () => {
  const { manager, clock, sent, world } = start(10_000);
  clock.advance(60_000);
  expect(sent).toEqual([]);
  manager.ready('listening');
  clock.advance(10_000);
  expect(sent).toEqual(['READY=1\nSTATUS=listening', 'WATCHDOG=1\nSTATUS=idle', 'WATCHDOG=1']);
  world.state = { status: 'busy' };
  clock.advance(5000);
  expect(sent.at(-1)).toBe('WATCHDOG=1\nSTATUS=busy');
  manager.close();
  clock.advance(60_000);
  expect(sent).toHaveLength(4);
});

it('gives no sign of life while something stands still, and says so once', () => {
  const { manager, clock, sent, logged, world } = start(10_000);
  manager.ready('listening');
  world.state = { status: 'listening', stuck: 'the scheduler has decided nothing' };
  clock.advance(30_000);
  expect(sent).toHaveLength(1);
  expect(logged).toEqual([expect.stringContaining('has come to a standstill')]);
  world.state = { status: 'listening' };
  clock.advance(5000);
  expect(sent.at(-1)).toBe('WATCHDOG=1');
});

it('asks for as much time to stop as the settings allow, and goes on giving signs of life', () => {
  const { manager, clock, sent } = start(10_000);
  manager.ready('listening');
  manager.stopping(5000);
  expect(sent.at(-1)).toBe(
    'STOPPING=1\nSTATUS=stopping: running requests may finish\nEXTEND_TIMEOUT_USEC=65000000',
  );
  clock.advance(5000);
  expect(sent.at(-1)).toBe('WATCHDOG=1');
  manager.stopping(Number.POSITIVE_INFINITY);
  expect(sent.at(-1)).not.toContain('EXTEND');
});

it('logs once that nobody listens', () => {
  const { manager, clock, logged, world } = start(10_000);
  world.isDeaf = true;
  manager.ready('listening');
  clock.advance(60_000);
  expect(logged).toEqual(['the service manager could not be told how the server is']);
});

it('reports the status without a watchdog, too', () => {
  const { manager, clock, sent } = start();
  manager.ready('listening');
  clock.advance(60_000);
  expect(sent).toEqual(['READY=1\nSTATUS=listening', 'STATUS=idle']);
});

it.each([
  [{}, undefined],
  [{ WATCHDOG_USEC: '30000000' }, 30_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 30_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, undefined],
  [{ WATCHDOG_USEC: '0' }, undefined],
  [{ WATCHDOG_USEC: '-1' }, undefined],
  [{ WATCHDOG_USEC: 'x' }, undefined],
])('of %j, waits for signs of life: %s', (environment, limit) => {
  expect(watchdogLimit(environment, 7)).toBe(limit);
});

it.each(['relative', 'vsock:2:1', '/'])('cannot be told anything at %j', async (path) => {
  const { clock } = start();
  const logged: string[] = [];
  const note = (message: string) => void logged.push(message);
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const parts = { state: () => ({ status: '' }), clock, logger };
  expect(await findServiceManager({ NOTIFY_SOCKET: path }, parts)).toBeUndefined();
  expect(logged).toHaveLength(1);
  expect(await findServiceManager({}, parts)).toBeUndefined();
  expect(logged).toHaveLength(1);
});

it('counts models and requests, and finds a scheduler that has stopped deciding', () => {
  const model = (activeRequests: number) => ({ activeRequests }) as never;
  const scheduler = { running: () => [model(2), model(1)], waiting: () => [{} as never], lateMs: () => 0 };
  expect(serverState(scheduler)).toEqual({
    status: '2 models loaded, 3 requests running, 1 request waiting',
  });
  expect(serverState({ ...scheduler, lateMs: () => 31_000 }).stuck).toBe(
    'the scheduler has decided nothing for 31 s',
  );
});
