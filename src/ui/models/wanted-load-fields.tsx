import type { Signal } from '@preact/signals';
import { words } from '../words/words.ts';
import { contextText } from './texts.ts';
import { contexts, slotNumbers, wantedContext, wantedSlots } from './wanted-load.ts';

/** The context and the slots for which the table estimates memory. */
export function WantedLoadFields() {
  const text = words.value.models;
  return (
    <div class="models-wanted">
      <ChoiceField label={text.context} choice={wantedContext} values={contexts} show={contextText} />
      <ChoiceField label={text.slots} choice={wantedSlots} values={slotNumbers} show={String} />
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly choice: Signal<number>;
  readonly values: readonly number[];
  readonly show: (value: number) => string;
}

function ChoiceField({ label, choice, values, show }: ChoiceProps) {
  const all = values.includes(choice.value) ? values : [...values, choice.value];
  return (
    <label>
      <span>{label}</span>
      <select
        value={choice.value}
        onChange={(event) => {
          choice.value = Number(event.currentTarget.value);
        }}
      >
        {all.map((value) => (
          <option key={value} value={value}>
            {value === 0 ? words.value.models.auto : show(value)}
          </option>
        ))}
      </select>
    </label>
  );
}
