import { modelList } from '../models/model-list.ts';
import { words } from '../words/words.ts';
import { changeColumn, isRunning, removeColumn, setup } from './compare-state.ts';
import { type ColumnSetup, MIN_COLUMNS, optionsOf, thinkChoices } from './setup.ts';

interface ColumnFormProps {
  readonly index: number;
  readonly column: ColumnSetup;
}

/** The model of a column and what it is asked with. */
export function ColumnForm({ index, column }: ColumnFormProps) {
  const text = words.value.compare;
  const id = (name: string) => `compare-${index}-${name}`;
  const change = (fields: Partial<ColumnSetup>) => changeColumn(index, fields);
  return (
    <div class="compare-form">
      <div class="compare-model">
        <label class="hidden" for={id('model')}>
          {text.model(index + 1)}
        </label>
        <ModelSelect id={id('model')} chosen={column.model} onChange={(model) => change({ model })} />
        {setup.value.columns.length > MIN_COLUMNS && (
          <button
            type="button"
            class="quiet"
            aria-label={text.remove(index + 1)}
            disabled={isRunning.value}
            onClick={() => removeColumn(index)}
          >
            ×
          </button>
        )}
      </div>
      <details class="compare-settings">
        <summary>{summaryOf(column)}</summary>
        <label for={id('system')}>{text.system}</label>
        <textarea
          id={id('system')}
          rows={2}
          value={column.system}
          onInput={(event) => change({ system: event.currentTarget.value })}
        />
        <label for={id('options')}>{text.options}</label>
        <textarea
          id={id('options')}
          class="code"
          rows={2}
          placeholder='{"temperature": 0.2}'
          spellcheck={false}
          value={column.options}
          aria-invalid={optionsOf(column) === undefined}
          onInput={(event) => change({ options: event.currentTarget.value })}
        />
        <label for={id('think')}>{text.think}</label>
        <select
          id={id('think')}
          value={column.think}
          onChange={(event) =>
            change({ think: thinkChoices.find((choice) => choice === event.currentTarget.value) ?? '' })
          }
        >
          {thinkChoices.map((choice) => (
            <option key={choice} value={choice}>
              {text.thinkChoices[choice === '' ? 'model' : choice]}
            </option>
          ))}
        </select>
      </details>
    </div>
  );
}

/** What is set, in one line, which anybody may have written: the options come with the address. */
const MAX_SUMMARY_CHARACTERS = 200;

function summaryOf({ system, options, think }: ColumnSetup): string {
  const text = words.value.compare;
  const set = [
    ...(system.trim() === '' ? [] : [text.system]),
    ...Object.entries(optionsOf({ options }) ?? {}).map(
      ([name, value]) => `${name} ${JSON.stringify(value)}`,
    ),
    ...(think === '' ? [] : [`${text.think}: ${text.thinkChoices[think]}`]),
  ];
  const summary = set.join(', ');
  if (summary.length > MAX_SUMMARY_CHARACTERS) return `${summary.slice(0, MAX_SUMMARY_CHARACTERS)}…`;
  return summary === '' ? text.settings : summary;
}

interface ModelSelectProps {
  readonly id: string;
  readonly chosen: string;
  readonly onChange: (model: string) => void;
}

function ModelSelect({ id, chosen, onChange }: ModelSelectProps) {
  const text = words.value.compare;
  const { models, state } = modelList.value;
  const names = models.map(({ name }) => name);
  const isMissing = chosen !== '' && !names.includes(chosen);
  return (
    <select id={id} value={chosen} onChange={(event) => onChange(event.currentTarget.value)}>
      <option value="" disabled>
        {text.choose}
      </option>
      {isMissing && <option value={chosen}>{state === 'ready' ? text.missing(chosen) : chosen}</option>}
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
