/** The thread of `threaded-output.ts`: hashes and writes while the other thread reads and converts. */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, systemCode } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import type { OutputFrame, OutputReply, OutputTask } from './output-frames.ts';

const { path, dataOffset } = workerData as OutputTask;
const hash = createHash('sha256');
const descriptor = openSync(path, 'r+');
let size = 0;

function reply(frame: OutputReply, lent: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(frame, lent);
}

function hashStart(): void {
  const piece = Buffer.alloc(MIB);
  while (size < dataOffset) {
    const bytesRead = readSync(descriptor, piece, 0, Math.min(piece.length, dataOffset - size), size);
    if (bytesRead === 0) throw new Error(`${path} became shorter while it was written`);
    hash.update(piece.subarray(0, bytesRead));
    size += bytesRead;
  }
}

function append(bytes: Uint8Array): void {
  hash.update(bytes);
  for (let done = 0; done < bytes.length; ) {
    const written = writeSync(descriptor, bytes, done, bytes.length - done, size);
    done += written;
    size += written;
  }
}

function handle(frame: OutputFrame): void {
  if (frame.kind === 'append') {
    append(new Uint8Array(frame.memory, frame.start, frame.length));
    reply({ kind: 'appended', memory: frame.memory, size }, [frame.memory]);
    return;
  }
  fsyncSync(descriptor);
  closeSync(descriptor);
  reply({ kind: 'finished', digest: `sha256:${hash.digest('hex')}` });
}

function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    reply({ kind: 'failed', message: messageOf(error), code: systemCode(error) });
  }
}

guarded(hashStart);
parentPort?.on('message', (frame: OutputFrame) => guarded(() => handle(frame)));
