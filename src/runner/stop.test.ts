import { expect, it } from 'vitest';
import { createDeferred } from '../base/deferred.ts';
import { terminateProcess } from './stop.ts';

/** A process that ends at a signal. */
function processThatEndsAt(last: string) {
  const sent: string[] = [];
  const exited = createDeferred<void>();
  const kill = (signal?: NodeJS.Signals | number) => {
    sent.push(String(signal));
    if (signal === last) exited.resolve();
    return true;
  };
  return { sent, exited: exited.promise, child: { kill } };
}

it('asks a process to save before it is killed, except on Windows, where any signal kills', async () => {
  const polite = processThatEndsAt('SIGTERM');
  await terminateProcess(polite.child, polite.exited, 'linux');
  expect(polite.sent).toEqual(['SIGTERM']);
  const windows = processThatEndsAt('SIGKILL');
  await terminateProcess(windows.child, windows.exited, 'win32');
  expect(windows.sent).toEqual(['SIGKILL']);
});
