/** What the frames of a child mean for its requests. */
import type { ChildFrame } from '../protocol/frames.ts';

export function decodeBytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}

/** Whether a frame is the last one for its request. */
export function isLastFrame(frame: ChildFrame): frame is ChildFrame & { readonly id: number } {
  if (!('id' in frame) || frame.type === 'media-wanted') return false;
  return frame.type !== 'event' || frame.event.type === 'done';
}
