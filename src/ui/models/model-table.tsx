import { useSignal } from '@preact/signals';
import { words } from '../words/words.ts';
import { modelList, refreshModels } from './model-list.ts';
import { ModelRowCells } from './model-row.tsx';
import { type ModelRow, modelRows } from './model-rows.ts';
import { WantedLoadFields } from './wanted-load-fields.tsx';

/** Rows that are shown at once: estimates are asked for those that somebody can see. */
const PAGE_ROWS = 50;
/** A filter for fewer models would only be in the way. */
const FILTER_FROM = 8;

interface TableProps {
  /** The model whose details are open. */
  readonly chosen: string | null;
  readonly onPull: () => void;
}

/** The list of models, in each of its states: loading, failed, empty, some, and too many. */
export function ModelTable({ chosen, onPull }: TableProps) {
  const filter = useSignal('');
  const shown = useSignal(PAGE_ROWS);
  const { state, models, problem } = modelList.value;
  const text = words.value.models;
  if (state === 'loading') return <p class="empty">{words.value.app.loading}</p>;
  if (state === 'failed' && models.length === 0) return <Failed problem={problem} />;
  if (models.length === 0) return <Empty onPull={onPull} />;
  const rows = modelRows(modelList.value, filter.value);
  return (
    <>
      {state === 'failed' && <Failed problem={problem} />}
      <div class="models-tools">
        <WantedLoadFields />
        {models.length >= FILTER_FROM && (
          <FilterField
            onChange={(value) => {
              filter.value = value;
              shown.value = PAGE_ROWS;
            }}
          />
        )}
      </div>
      {rows.length === 0 ? (
        <p class="empty">{text.noMatch}</p>
      ) : (
        <Rows rows={rows.slice(0, shown.value)} chosen={chosen} />
      )}
      {rows.length > shown.value && (
        <button
          type="button"
          onClick={() => {
            shown.value += PAGE_ROWS;
          }}
        >
          {text.more(Math.min(PAGE_ROWS, rows.length - shown.value))}
        </button>
      )}
    </>
  );
}

function Failed({ problem }: { problem: string | undefined }) {
  const text = words.value.models;
  return (
    <div class="empty" role="alert">
      <p class="problem">
        {text.failed}: {problem}
      </p>
      <button type="button" onClick={() => void refreshModels()}>
        {text.retry}
      </button>
    </div>
  );
}

function Empty({ onPull }: { onPull: () => void }) {
  const text = words.value.models;
  return (
    <div class="empty">
      <p>{text.none}</p>
      <button type="button" class="primary" onClick={onPull}>
        {text.noneButton}
      </button>
    </div>
  );
}

function Rows({ rows, chosen }: { rows: readonly ModelRow[]; chosen: string | null }) {
  const text = words.value.models;
  return (
    <table class="models-table">
      <thead>
        <tr>
          <th scope="col">{text.name}</th>
          <th scope="col" class="models-abilities-cell">
            {text.abilities}
          </th>
          <th scope="col" class="number">
            {text.size}
          </th>
          <th scope="col">{text.fit}</th>
          <th scope="col">{text.speed}</th>
          <th scope="col">{text.state}</th>
          <th scope="col">
            <span class="hidden">{text.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <ModelRowCells key={row.model.name} row={row} isChosen={row.model.name === chosen} />
        ))}
      </tbody>
    </table>
  );
}

function FilterField({ onChange }: { onChange: (filter: string) => void }) {
  const text = words.value.models;
  return (
    <label class="models-filter">
      <span>{text.filter}</span>
      <input
        type="search"
        placeholder={text.filterHint}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}
