/** What the frames of a child mean for its requests. */
import type { ChildFrame, ParentFrame } from '../protocol/frames.ts';
import type { ChildSurroundings } from './child-surroundings.ts';

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

/** A frame about no request: what the child has counted or noticed. */
type CountFrame = ChildFrame & { readonly type: 'figures' | 'steps' | 'held' };

export function isCount(frame: ChildFrame): frame is CountFrame {
  return frame.type === 'figures' || frame.type === 'steps' || frame.type === 'held';
}

export function passOn(
  frame: CountFrame,
  { onFigures, onSteps, onHeld }: Pick<ChildSurroundings, 'onFigures' | 'onSteps' | 'onHeld'>,
): void {
  if (frame.type === 'figures') onFigures?.(frame.figures);
  else if (frame.type === 'steps') onSteps?.(frame.report);
  else onHeld?.(frame.report);
}
