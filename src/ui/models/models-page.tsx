import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { may } from '../api/session.ts';
import { navigate, query } from '../app/router.ts';
import { bytesText } from '../words/format.ts';
import { words } from '../words/words.ts';
import { CreatePanel } from './create/create-panel.tsx';
import { ModelDetails } from './details/model-details.tsx';
import { availableBytes } from './estimates.ts';
import { followModels, modelList } from './model-list.ts';
import { ModelTable } from './model-table.tsx';
import { PullList } from './pull/pull-list.tsx';
import { PullPanel } from './pull/pull-panel.tsx';

/** The models of the server: what fits, how fast it is here, and what it can do. */
export function ModelsPage() {
  const open = useSignal<'pull' | 'create' | undefined>(undefined);
  useEffect(followModels, []);
  const text = words.value.models;
  const chosen = query.value.get('model');
  const toggle = (panel: 'pull' | 'create') => {
    open.value = open.value === panel ? undefined : panel;
  };
  return (
    <div class={chosen === null ? 'models' : 'models with-details'}>
      <div class="page models-list">
        <div class="models-head">
          <h1>{words.value.pages.models}</h1>
          <MemoryLine />
          {may('pull') && (
            <button type="button" aria-expanded={open.value === 'pull'} onClick={() => toggle('pull')}>
              {text.pull}
            </button>
          )}
          {may('manage') && (
            <button type="button" aria-expanded={open.value === 'create'} onClick={() => toggle('create')}>
              {text.create}
            </button>
          )}
        </div>
        {open.value === 'pull' && <PullPanel />}
        {open.value === 'create' && <CreatePanel />}
        <PullList />
        <ModelTable
          chosen={chosen}
          onPull={() => {
            open.value = 'pull';
          }}
        />
      </div>
      {chosen !== null && <ModelDetails key={chosen} name={chosen} onClose={() => navigate('/models')} />}
    </div>
  );
}

function MemoryLine() {
  if (availableBytes.value === undefined) return <p class="small models-memory" />;
  const loaded = modelList.value.running.reduce((sum, { size }) => sum + size, 0);
  return (
    <p class="small models-memory">
      {words.value.models.memory(bytesText(loaded), bytesText(availableBytes.value))}
    </p>
  );
}
