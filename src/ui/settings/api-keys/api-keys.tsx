import { useSignal } from '@preact/signals';
import type { KeyInfo, KeysResponse, NewKeyResponse } from '../../../api/keys.ts';
import { may } from '../../api/session.ts';
import { words } from '../../words/words.ts';
import { useFetched } from '../fetched.ts';
import { Failed, Loading, NeedsScope } from '../states.tsx';
import { KeyForm } from './key-form.tsx';
import { KeyTable } from './key-table.tsx';
import { NewKey } from './new-key.tsx';

/** The keys of clients: who may do what, and how much of it. */
export function ApiKeys() {
  const isAllowed = may('admin');
  const [keys, refresh] = useFetched<KeysResponse>('/api/keys', isAllowed);
  const made = useSignal<NewKeyResponse | undefined>(undefined);
  const text = words.value.settings;
  return (
    <>
      <h2>{text.sections.keys}</h2>
      {!isAllowed && <NeedsScope scope="admin" />}
      {isAllowed && keys.value.state === 'loading' && <Loading />}
      {keys.value.state === 'failed' && <Failed problem={keys.value.problem} onRetry={refresh} />}
      {made.value !== undefined && (
        <NewKey
          made={made.value}
          onDone={() => {
            made.value = undefined;
            refresh();
          }}
        />
      )}
      {keys.value.state === 'ready' && made.value === undefined && (
        <KeyList
          keys={keys.value.reply.keys}
          onMade={(key) => {
            made.value = key;
          }}
          onChange={refresh}
        />
      )}
    </>
  );
}

interface ListProps {
  readonly keys: readonly KeyInfo[];
  readonly onMade: (key: NewKeyResponse) => void;
  readonly onChange: () => void;
}

function KeyList({ keys, onMade, onChange }: ListProps) {
  const isOpen = useSignal(false);
  const text = words.value.settings;
  return (
    <>
      {keys.length === 0 && <p>{text.noKeys}</p>}
      {keys.length > 0 && <KeyTable keys={keys} onMade={onMade} onChange={onChange} />}
      {isOpen.value ? (
        <KeyForm
          onMade={onMade}
          onCancel={() => {
            isOpen.value = false;
          }}
        />
      ) : (
        <button
          type="button"
          class="primary"
          onClick={() => {
            isOpen.value = true;
          }}
        >
          {text.newKey}
        </button>
      )}
    </>
  );
}
