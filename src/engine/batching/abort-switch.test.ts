import koffi from 'koffi';
import { expect, it } from 'vitest';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { AbortSwitch } from './abort-switch.ts';

/** Types of a process live as long as it does, so their names must not be taken. */
const prototype = koffi.proto('bool abort_switch_test_callback(void *data)');

it('is a native callback that answers as the library reads it: "go on", and "abort" once triggered', () => {
  let ask: () => boolean = () => {
    throw new Error('no callback was set');
  };
  const setAbortCallback = (_context: Pointer, callback: Pointer, data: Pointer) => {
    const call = koffi.decode(callback, prototype) as (data: Pointer) => boolean;
    ask = () => call(data);
  };
  const context = 0n as unknown as Pointer;
  const abort = new AbortSwitch({ setAbortCallback } as unknown as Bindings, context);
  expect(ask()).toBe(false);
  abort.trigger();
  expect(ask()).toBe(true);
  abort.reset();
  expect(ask()).toBe(false);
});
