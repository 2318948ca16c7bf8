import type { Writable } from 'node:stream';
import { encodeFrame } from '../protocol/frame-codec.ts';
import type { ChildFrame } from '../protocol/frames.ts';

/** Collects the frames of a step and writes them with one system call. */
export class FrameSender {
  readonly #pipe: Pick<Writable, 'write'>;
  #pending: Buffer[] = [];

  constructor(pipe: Pick<Writable, 'write'>) {
    this.#pipe = pipe;
  }

  /** Queues a frame; the next `flush()` sends it. */
  queue(frame: ChildFrame): void {
    this.#pending.push(encodeFrame(frame));
  }

  flush(): void {
    const [first, ...others] = this.#pending;
    if (!first) return;
    this.#pending = [];
    this.#pipe.write(others.length === 0 ? first : Buffer.concat([first, ...others]));
  }

  send(frame: ChildFrame): void {
    this.queue(frame);
    this.flush();
  }
}
