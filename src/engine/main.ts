/**
 * The child process of one model. Talks to its parent over the inherited pipe on file descriptor 3 and ends when
 * that pipe closes, so it never outlives the server.
 */
import { Socket } from 'node:net';
import { FrameDecoder } from '../protocol/frame-codec.ts';
import type { ParentFrame } from '../protocol/frames.ts';
import { FrameSender } from './frame-sender.ts';
import { ModelServer } from './model-server.ts';

const PIPE_DESCRIPTOR = 3;
/** As long as the parent gives. */
const SAVE_MS = 5000;

const pipe = new Socket({ fd: PIPE_DESCRIPTOR, readable: true, writable: true });
const server = new ModelServer(new FrameSender(pipe));
const decoder = new FrameDecoder();

pipe.on('data', (chunk) => {
  for (const frame of decoder.push(chunk)) server.handle(frame as ParentFrame);
});
pipe.on('close', () => process.exit(0));
pipe.on('error', () => process.exit(0));
// The terminal's Ctrl-C reaches the whole process group; the parent decides when a model ends.
process.on('SIGINT', () => undefined);
// A service manager ends the whole group: what the cache holds is saved, as if the parent had asked.
process.on('SIGTERM', () => void server.stop(SAVE_MS));
