/** The thread that publishes events about the KV caches: it hashes, encodes and sends. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../base/errors.ts';
import { EventStream, type Message } from './event-stream.ts';
import type { FromPublisher, PublishTask, ToPublisher } from './thread-messages.ts';
import { ZmtpPublisher } from './zmtp/publisher.ts';
import { ZmtpReplier } from './zmtp/replier.ts';

const { address, replayAddress, ...options } = workerData as PublishTask;
const stream = new EventStream(options, () => Date.now() / 1000);
const answer = (reply: FromPublisher) => parentPort?.postMessage(reply);

async function open(): Promise<void> {
  const publisher = await orSay(address, false, () => ZmtpPublisher.open(address));
  if (replayAddress !== undefined)
    await orSay(replayAddress, true, () => ZmtpReplier.open(replayAddress, ([from]) => stream.replay(from)));
  let batches = 0;
  const send = (message: Message | undefined) => {
    if (!message) return;
    publisher.send(message);
    batches++;
  };
  parentPort?.on('message', (received: ToPublisher) => {
    const { engine, model } = received;
    if (received.type === 'end') send(stream.end(engine, model));
    else {
      send(stream.report(engine, model, received.report));
      answer({ type: 'done', batches, skipped: publisher.skipped, blocks: stream.blocks });
    }
  });
  answer({ type: 'open' });
}

/** Says which address it was if it cannot be listened at. */
async function orSay<T>(at: string, isReplay: boolean, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    answer({ type: 'failed', address: at, isReplay, message: messageOf(error) });
    throw error;
  }
}

// The parent was told, and ends this thread.
open().catch(() => undefined);
