import type { Server } from 'node:net';
import { listenAt } from './listen.ts';
import { ZmtpPeer } from './peer.ts';

/** A peer that takes nothing of its reply for so long has gone, or will never read it. */
const STALL_MS = 30_000;

/** What a reply is made of: messages, one after another, each in its parts. */
export type Replies = Iterable<readonly Buffer[]>;

/**
 * A ROUTER socket whose peers ask (REQ, DEALER) and get any number of messages. A peer's next request waits for the end of its
 * reply; others are not read until then.
 */
export class ZmtpReplier {
  readonly #server: Server;
  readonly #peers = new Set<ZmtpPeer>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * @param answer from the parts behind the empty one that ends the envelope; undefined = the request is not understood
   * @throws as `listenAt`
   */
  static async open(
    address: string,
    answer: (parts: readonly Buffer[]) => Replies | undefined,
  ): Promise<ZmtpReplier> {
    const server = await listenAt(address, (socket) => {
      let isReplying = false;
      const peer = new ZmtpPeer(socket, 'ROUTER', {
        received: ({ isCommand, parts: [delimiter, ...parts] }) => {
          if (isCommand || isReplying || delimiter?.length !== 0) return;
          const replies = answer(parts);
          if (!replies) return;
          isReplying = true;
          void reply(peer, replies).finally(() => {
            isReplying = false;
          });
        },
        closed: () => replier.#peers.delete(peer),
      });
      replier.#peers.add(peer);
    });
    const replier = new ZmtpReplier(server);
    return replier;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  close(): void {
    this.#server.close();
    for (const peer of this.#peers) peer.close();
  }
}

const delimiter = Buffer.alloc(0);

/** Sends as fast as the peer reads, so that nothing piles up. Each message is made when the one before was taken. */
async function reply(peer: ZmtpPeer, replies: Replies): Promise<void> {
  for (const parts of replies) {
    if (peer.isClosed) return;
    peer.send([delimiter, ...parts]);
    await peer.drained(STALL_MS);
  }
}
