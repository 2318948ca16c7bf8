import { type Bindings, nativeIsNotEmpty, type Pointer } from '../native/bindings.ts';
import { allocateUint8, type NativeArray } from '../native/native-memory.ts';

/**
 * Cuts a running `llama_decode` short from the JavaScript thread. The library calls a callback before each operation. A
 * JavaScript callback would be far too slow, so the callback is libc's `strlen` over two bytes that we write. Where
 * `strlen` is not available, a step runs to its end.
 */
export class AbortSwitch {
  readonly #flag: NativeArray<Uint8Array>;

  constructor(bindings: Bindings, context: Pointer) {
    this.#flag = allocateUint8(2);
    this.#flag.view.fill(0);
    const callback = nativeIsNotEmpty();
    if (callback !== undefined) bindings.setAbortCallback(context, callback, this.#flag.pointer);
  }

  trigger(): void {
    this.#flag.view[0] = 1;
  }

  reset(): void {
    this.#flag.view[0] = 0;
  }
}
