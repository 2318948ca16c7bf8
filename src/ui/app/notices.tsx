import { signal } from '@preact/signals';
import { words } from '../words/words.ts';

interface Notice {
  readonly id: number;
  readonly text: string;
  readonly kind: 'problem' | 'done';
}

/** More would cover the page. */
const MAX_NOTICES = 3;
const SHOWN_MS = 6000;

const notices = signal<readonly Notice[]>([]);
let last = 0;

function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Says what happened. A problem stays until it is closed. */
export function notify(text: string, kind: Notice['kind'] = 'done'): void {
  last += 1;
  const id = last;
  notices.value = [...notices.value, { id, text, kind }].slice(-MAX_NOTICES);
  if (kind === 'done') setTimeout(() => dismiss(id), SHOWN_MS);
}

export function Notices() {
  return (
    <div class="notices" aria-live="polite">
      {notices.value.map(({ id, text, kind }) => (
        <p key={id} class={`notice ${kind}`}>
          <span>{text}</span>
          <button type="button" onClick={() => dismiss(id)}>
            {words.value.app.close}
          </button>
        </p>
      ))}
    </div>
  );
}
