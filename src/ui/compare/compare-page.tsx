import { useEffect } from 'preact/hooks';
import { isComposing } from '../keys/composing.ts';
import { modelList, refreshModels } from '../models/model-list.ts';
import { words } from '../words/words.ts';
import { ColumnForm } from './column-form.tsx';
import { ColumnView } from './column-view.tsx';
import {
  addColumn,
  changeSetup,
  isInAddress,
  isRunning,
  readAddress,
  results,
  runAll,
  setup,
  stopAll,
} from './compare-state.ts';
import { hasDifferences, marksDifferences } from './differences.ts';
import { ExportButtons } from './export-buttons.tsx';
import { isSeed, MAX_COLUMNS, problemOf, type SetupProblem } from './setup.ts';

/** Several models or settings with the same prompt, side by side. */
export function ComparePage() {
  useEffect(() => {
    readAddress();
    void refreshModels();
    addEventListener('hashchange', readAddress);
    return () => removeEventListener('hashchange', readAddress);
  }, []);
  return (
    <div class="page compare">
      <h1 class="page-title">{words.value.pages.compare}</h1>
      <CommonForm />
      <Columns />
    </div>
  );
}

function run(event: Event): void {
  event.preventDefault();
  if (!isRunning.value && problemOf(setup.value) === undefined) void runAll();
}

function onKey(event: KeyboardEvent): void {
  if (isComposing(event)) return;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run(event);
  else if (event.key === 'Escape' && isRunning.value) stopAll();
}

/** What all columns have in common. */
function CommonForm() {
  const text = words.value.compare;
  const { prompt, inTurn } = setup.value;
  return (
    <form class="compare-common" onSubmit={run} onKeyDown={onKey}>
      <label for="compare-prompt">{text.prompt}</label>
      <textarea
        id="compare-prompt"
        rows={4}
        value={prompt}
        onInput={(event) => changeSetup({ prompt: event.currentTarget.value })}
      />
      <div class="compare-bar">
        <Actions />
        <SeedField />
        <label class="check">
          <input
            type="checkbox"
            checked={inTurn}
            onChange={(event) => changeSetup({ inTurn: event.currentTarget.checked })}
          />
          {text.inTurn}
        </label>
        {hasDifferences.value && (
          <label class="check">
            <input
              type="checkbox"
              checked={marksDifferences.value}
              onChange={(event) => {
                marksDifferences.value = event.currentTarget.checked;
              }}
            />
            {text.mark}
          </label>
        )}
        <ExportButtons />
      </div>
      {!isInAddress.value && <p class="small">{text.tooLong}</p>}
    </form>
  );
}

/** One button for both, so that it keeps the focus. */
function Actions() {
  const text = words.value.compare;
  const problem = problemOf(setup.value);
  const runs = isRunning.value;
  return (
    <>
      <button
        type="button"
        class={runs ? '' : 'primary'}
        disabled={!runs && problem !== undefined}
        onClick={runs ? stopAll : run}
      >
        {runs ? text.stop : text.run}
      </button>
      {problem && !runs && <span class="small">{problemText(problem)}</span>}
    </>
  );
}

function problemText(problem: SetupProblem): string {
  const { lacks } = words.value.compare;
  if (problem.kind === 'prompt') return lacks.prompt;
  return (problem.kind === 'model' ? lacks.model : lacks.options)(problem.column + 1);
}

function SeedField() {
  return (
    <label class="compare-seed">
      {words.value.compare.seed}
      <input
        type="number"
        min={0}
        step={1}
        value={setup.value.seed}
        onChange={(event) => {
          const seed = Number(event.currentTarget.value);
          if (isSeed(seed)) changeSetup({ seed });
          else event.currentTarget.value = String(setup.value.seed);
        }}
      />
    </label>
  );
}

function Columns() {
  const text = words.value.compare;
  const { columns } = setup.value;
  const { state, models, problem } = modelList.value;
  if (state === 'failed' && models.length === 0) return <p class="empty problem">{problem}</p>;
  if (state === 'ready' && models.length === 0) {
    return (
      <p class="empty">
        {text.noModels}{' '}
        <a class="button" href="/models" data-page="">
          {text.toModels}
        </a>
      </p>
    );
  }
  return (
    <>
      <div class={`compare-columns of-${columns.length}`}>
        {columns.map((column, index) => (
          // The place of a column is what it is known by.
          <section key={index} class="compare-column" aria-label={text.column(index + 1)}>
            <ColumnForm index={index} column={column} />
            <ColumnView index={index} result={results.value[index]} />
          </section>
        ))}
      </div>
      {columns.length < MAX_COLUMNS && (
        <button type="button" class="quiet" disabled={isRunning.value} onClick={addColumn}>
          {text.add}
        </button>
      )}
    </>
  );
}
