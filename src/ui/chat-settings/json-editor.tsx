import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import { words } from '../words/words.ts';
import { parseJson, type TextPlace } from './parse-json.ts';

/** What is wrong with a value, and where in it. */
export interface ValueProblem {
  readonly text: string;
  readonly path: readonly (string | number)[];
}

export interface JsonEditorProps {
  readonly label: string;
  /** undefined = an empty field, which means that there is no value. */
  readonly value: unknown;
  readonly placeholder?: string;
  readonly check: (value: unknown) => ValueProblem | undefined;
  /** Called when the field is left with a valid value that differs, or with undefined when it is empty. */
  readonly onChange: (value: unknown) => void;
}

function written(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value, null, 2);
}

interface Judgement {
  readonly value?: unknown;
  readonly problem?: string;
  readonly place?: TextPlace;
}

function judge(text: string, check: JsonEditorProps['check']): Judgement {
  if (text.trim() === '') return {};
  const parsed = parseJson(text);
  const { json } = words.value.chatSettings;
  if ('problem' in parsed) return { problem: json[parsed.problem], place: parsed.place };
  const problem = check(parsed.value);
  if (!problem) return { value: parsed.value };
  return { problem: problem.text, place: parsed.placeOf(problem.path) };
}

/** A text field for JSON, which says where its first problem is. */
export function JsonEditor({ label, value, placeholder, check, onChange }: JsonEditorProps) {
  const id = useId();
  const typed = useSignal(written(value));
  useEffect(() => {
    // What means the same is left as it was written.
    if (JSON.stringify(judge(typed.peek(), check).value) !== JSON.stringify(value))
      typed.value = written(value);
  }, [value, typed, check]);
  const judged = useComputed(() => judge(typed.value, check));
  const { problem, place } = judged.value;
  const text = words.value.chatSettings;
  const commit = () => {
    if (problem === undefined) onChange(judged.value.value);
  };
  return (
    <div class="json-editor">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        class="code"
        rows={8}
        spellcheck={false}
        aria-describedby={`${id}-state`}
        aria-invalid={problem !== undefined}
        {...(placeholder !== undefined && { placeholder })}
        value={typed.value}
        onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        onChange={commit}
      />
      <p id={`${id}-state`} class={`small ${problem === undefined ? '' : 'problem'}`} role="status">
        {problem !== undefined && place
          ? text.at(place.line, place.column, problem)
          : typed.value.trim() === ''
            ? ''
            : text.valid}
      </p>
    </div>
  );
}
