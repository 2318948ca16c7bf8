/** What the frames of a child mean for its requests. */
import type { ChildFrame, ParentFrame } from '../protocol/frames.ts';

export function decodeBytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}

/** Whether a frame is the last one for its request. */
export function isLastFrame(frame: ChildFrame): frame is ChildFrame & { readonly id: number } {
  if (!('id' in frame) || frame.type === 'media-wanted') return false;
  return frame.type !== 'event' || frame.event.type === 'done';
}

/** Whether a frame begins a request, which the child answers, and does not belong to one that has begun. */
export function isRequest(frame: ParentFrame): frame is ParentFrame & { readonly id: number } {
  return 'id' in frame && !['cancel', 'end-thinking', 'media'].includes(frame.type);
}
