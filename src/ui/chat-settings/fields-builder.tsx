import { words } from '../words/words.ts';
import { type FieldType, fieldTypes, newField, type SchemaField } from './schema-fields.ts';
import { linesOf, textsOf } from './text-lines.ts';
import { useSynced } from './use-synced.ts';
import { useTyped } from './use-typed.ts';

interface BuilderProps {
  readonly fields: readonly SchemaField[];
  readonly onChange: (fields: readonly SchemaField[]) => void;
}

/** More are better written as text. */
const MAX_FIELDS = 50;

/** A name that no field has yet. */
function freeName(fields: readonly SchemaField[]): string {
  const names = new Set(fields.map(({ name }) => name));
  let number = fields.length + 1;
  while (names.has(`field_${number}`)) number += 1;
  return `field_${number}`;
}

/** The fields of an answer: name, type, whether it must be there, and what it means. */
export function FieldsBuilder({ fields, onChange }: BuilderProps) {
  const text = words.value.chatSettings;
  const replace = (index: number, field: SchemaField | undefined) =>
    onChange(fields.flatMap((one, at) => (at === index ? (field ?? []) : one)));
  return (
    <>
      <ol class="schema-fields">
        {fields.map((field, index) => (
          <FieldRow
            // A row keeps its focus while its name changes.
            key={index}
            field={field}
            isTaken={(name) => fields.some((one, at) => at !== index && one.name === name)}
            onChange={(next) => replace(index, next)}
          />
        ))}
      </ol>
      <button
        type="button"
        disabled={fields.length >= MAX_FIELDS}
        onClick={() => onChange([...fields, newField(freeName(fields))])}
      >
        {text.addField}
      </button>
    </>
  );
}

/** A new choice has something to choose from. */
function ofType(field: SchemaField, type: FieldType): SchemaField {
  const needsChoices = type === 'choice' && field.choices.length === 0;
  return { ...field, type, ...(needsChoices && { choices: ['yes', 'no'] }) };
}

interface RowProps {
  readonly field: SchemaField;
  readonly isTaken: (name: string) => boolean;
  readonly onChange: (field: SchemaField | undefined) => void;
}

function FieldRow({ field, isTaken, onChange }: RowProps) {
  const name = useSynced(field.name);
  const meaning = useTyped(field.description, (description) => onChange({ ...field, description }));
  const choices = useTyped(linesOf(field.choices), (lines) => {
    const list = textsOf(lines);
    // A choice between nothing would not be a schema.
    if (list.length > 0) onChange({ ...field, choices: list });
  });
  const text = words.value.chatSettings;
  const isWrong = name.value.trim() === '' || isTaken(name.value);
  const rename = () => {
    if (!isWrong) onChange({ ...field, name: name.value });
  };
  return (
    <li class="schema-field">
      <div class="schema-field-row">
        <input
          aria-label={text.fieldName}
          aria-invalid={isWrong}
          value={name.value}
          onInput={({ currentTarget }) => (name.value = currentTarget.value)}
          onChange={rename}
        />
        <select
          aria-label={text.fieldType(field.name)}
          value={field.type}
          onChange={({ currentTarget }) => onChange(ofType(field, currentTarget.value as FieldType))}
        >
          {fieldTypes.map((type) => (
            <option key={type} value={type}>
              {text.fieldTypes[type]}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="quiet"
          aria-label={text.removeField(field.name)}
          onClick={() => onChange(undefined)}
        >
          ×
        </button>
      </div>
      {isWrong && (
        <p class="problem small" role="alert">
          {text.fieldNameWrong}
        </p>
      )}
      {field.type === 'choice' && (
        <textarea
          rows={3}
          aria-label={text.choicesOf(field.name)}
          placeholder={text.onePerLine}
          {...choices}
        />
      )}
      <input aria-label={text.fieldMeaning(field.name)} placeholder={text.meaning} {...meaning} />
      <label class="small">
        <input
          type="checkbox"
          checked={field.isRequired}
          onChange={({ currentTarget }) => onChange({ ...field, isRequired: currentTarget.checked })}
        />
        {text.required}
      </label>
    </li>
  );
}
