import { describe, expect, it } from 'vitest';
import type { MediaPiece } from '../../protocol/media.ts';
import { MediaInbox } from './media-inbox.ts';

const piece: MediaPiece = {
  ...{ kind: 'image', digest: 'a'.repeat(64), width: 2, height: 1, tokens: 1, positions: 1 },
};
const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64');

describe('MediaInbox', () => {
  it('asks for a piece and puts its parts together', async () => {
    const asked: unknown[] = [];
    const inbox = new MediaInbox((id, digest) => asked.push([id, digest]));
    const data = inbox.request(7, piece);
    expect(asked).toEqual([[7, piece.digest]]);
    inbox.receive(7, piece.digest, base64(1, 2, 3, 4));
    inbox.receive(7, piece.digest, base64(5, 6));
    expect([...(await data)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keeps the answers of requests apart, and ignores what nobody waits for', async () => {
    const inbox = new MediaInbox(() => undefined);
    void inbox.request(1, piece);
    inbox.receive(1, piece.digest, base64(1, 1));
    inbox.forget(1, piece.digest);
    const data = inbox.request(2, piece);
    inbox.receive(1, piece.digest, base64(1, 1, 1, 1));
    inbox.receive(2, piece.digest, base64(2, 2, 2, 2, 2, 2));
    expect([...(await data)]).toEqual([2, 2, 2, 2, 2, 2]);
    inbox.receive(2, piece.digest, base64(3));
  });

  it.each([[base64(1, 2, 3, 4, 5, 6, 7)], ['']])('refuses data of the wrong length', async (part) => {
    const inbox = new MediaInbox(() => undefined);
    const data = inbox.request(1, piece);
    inbox.receive(1, piece.digest, part);
    await expect(data).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
