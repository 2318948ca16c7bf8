import type { Scope } from '../../api/scopes.ts';
import { words } from '../words/words.ts';

/** Says which right is missing. */
export function NeedsScope({ scope }: { scope: Scope }) {
  return <p class="empty">{words.value.settings.needsScope(scope)}</p>;
}

export function Loading() {
  return <p class="empty">{words.value.app.loading}</p>;
}

export function Failed({ problem, onRetry }: { problem: string; onRetry: () => void }) {
  return (
    <div class="empty" role="alert">
      <p class="problem">{problem}</p>
      <button type="button" onClick={onRetry}>
        {words.value.settings.retry}
      </button>
    </div>
  );
}
