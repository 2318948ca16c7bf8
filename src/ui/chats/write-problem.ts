/** Says when the browser cannot keep what was written, for want of room or for whatever other reason. */
import { notify } from '../app/notices.tsx';
import { words } from '../words/words.ts';

let isTold = false;

/** @returns what is called when a write has succeeded or failed; of failures in a row, the first one is told */
export function noteWritten(isKept: boolean): () => void {
  return () => {
    if (!isKept && !isTold) notify(words.value.chat.notKept, 'problem');
    isTold = !isKept;
  };
}
