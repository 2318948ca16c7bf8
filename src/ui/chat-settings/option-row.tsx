import { useComputed } from '@preact/signals';
import { useId } from 'preact/hooks';
import { words } from '../words/words.ts';
import { type OptionField, type OptionProblem, optionProblem } from './option-fields.ts';
import { optionNote } from './option-note.ts';
import { parseJson } from './parse-json.ts';
import { linesOf, numbersOf, textsOf } from './text-lines.ts';
import { useSynced } from './use-synced.ts';

export interface OptionRowProps {
  readonly field: OptionField;
  /** undefined = left to the model. */
  readonly value: unknown;
  /** What counts then; undefined if the page cannot know it. */
  readonly fallback: unknown;
  readonly onChange: (value: unknown) => void;
}

function problemText(problem: OptionProblem): string {
  const text = words.value.chatSettings.problems;
  switch (problem.kind) {
    case 'range':
      return text.range(String(problem.minimum), String(problem.maximum));
    case 'items':
      return text.items(problem.maximum);
    case 'bytes':
      return text.bytes(problem.maximum);
    default:
      return text[problem.kind];
  }
}

/** One option: its name as requests write it, its value, and what it does. */
export function OptionRow(props: OptionRowProps) {
  const id = useId();
  const { field, value, onChange } = props;
  const text = words.value.chatSettings;
  return (
    <div class="option">
      <div class="option-head">
        <label for={id}>
          <code>{field.name}</code>
        </label>
        {value !== undefined && (
          <button
            type="button"
            class="quiet"
            aria-label={text.resetOption(field.name)}
            onClick={() => onChange(undefined)}
          >
            {text.reset}
          </button>
        )}
      </div>
      <OptionInput id={id} {...props} />
      <p class="small" id={`${id}-note`}>
        {optionNote(field)}
      </p>
    </div>
  );
}

function OptionInput({ id, ...props }: OptionRowProps & { readonly id: string }) {
  switch (props.field.kind) {
    case 'number':
      return <NumberInput id={id} {...props} />;
    case 'switch':
      return <SwitchInput id={id} {...props} />;
    default:
      return <TextInput id={id} {...props} />;
  }
}

function SwitchInput({ id, value, fallback, onChange }: OptionRowProps & { readonly id: string }) {
  const text = words.value.chatSettings;
  const own =
    typeof fallback === 'boolean' ? text.defaultIs(fallback ? text.on : text.off) : text.modelDefault;
  return (
    <select
      id={id}
      aria-describedby={`${id}-note`}
      value={value === undefined ? '' : String(value)}
      onChange={({ currentTarget }) =>
        onChange(currentTarget.value === '' ? undefined : currentTarget.value === 'true')
      }
    >
      <option value="">{own}</option>
      <option value="true">{text.on}</option>
      <option value="false">{text.off}</option>
    </select>
  );
}

/** A number, with a slider where few values are usual. It counts when the slider is let go, or the field left. */
function NumberInput({ id, field, value, fallback, onChange }: OptionRowProps & { readonly id: string }) {
  const typed = useSynced(value === undefined ? '' : String(value));
  const problem = useComputed(() =>
    typed.value.trim() === '' ? undefined : optionProblem(field, Number(typed.value)),
  );
  const commit = () => {
    if (problem.value) return;
    const number = typed.value.trim() === '' ? undefined : Number(typed.value);
    if (number !== value) onChange(number);
  };
  const { slider } = field;
  const shown = typed.value.trim() === '' ? fallback : Number(typed.value);
  return (
    <>
      <div class="option-number">
        {slider && (
          <input
            type="range"
            aria-label={field.name}
            min={slider.from}
            max={slider.to}
            step={slider.step}
            value={typeof shown === 'number' && !Number.isNaN(shown) ? shown : slider.from}
            onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
            onChange={commit}
          />
        )}
        <input
          id={id}
          type="text"
          inputMode={field.isInteger ? 'numeric' : 'decimal'}
          autocomplete="off"
          aria-describedby={`${id}-note`}
          aria-invalid={problem.value !== undefined}
          placeholder={typeof fallback === 'number' ? String(fallback) : words.value.chatSettings.automatic}
          value={typed.value}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
          onChange={commit}
        />
      </div>
      {problem.value && (
        <p class="problem small" role="alert">
          {problemText(problem.value)}
        </p>
      )}
    </>
  );
}

const objectProblem: OptionProblem = { kind: 'object' };

function textOf({ kind }: OptionField, value: unknown): string {
  if (value === undefined) return '';
  if (kind === 'texts' && Array.isArray(value)) return linesOf(value.map(String));
  if (kind === 'numbers' && Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function readText(field: OptionField, text: string): { value: unknown } | { problem: OptionProblem } {
  if (text.trim() === '') return { value: undefined };
  if (field.kind === 'object') {
    const parsed = parseJson(text);
    return 'problem' in parsed || optionProblem(field, parsed.value)
      ? { problem: objectProblem }
      : { value: parsed.value };
  }
  const value = field.kind === 'texts' ? textsOf(text) : field.kind === 'numbers' ? numbersOf(text) : text;
  const problem = optionProblem(field, value);
  return problem ? { problem } : { value };
}

function TextInput({ id, field, value, fallback, onChange }: OptionRowProps & { readonly id: string }) {
  const typed = useSynced(textOf(field, value));
  const read = useComputed(() => readText(field, typed.value));
  const commit = () => {
    if ('value' in read.value) onChange(read.value.value);
  };
  return (
    <>
      <textarea
        id={id}
        rows={2}
        aria-describedby={`${id}-note`}
        aria-invalid={'problem' in read.value}
        placeholder={textOf(field, fallback)}
        value={typed.value}
        onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        onChange={commit}
      />
      {field.kind === 'texts' && <p class="small">{words.value.chatSettings.onePerLine}</p>}
      {'problem' in read.value && (
        <p class="problem small" role="alert">
          {problemText(read.value.problem)}
        </p>
      )}
    </>
  );
}
