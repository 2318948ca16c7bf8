import { useSignal } from '@preact/signals';
import type { Chat } from '../chats/chat.ts';
import { words } from '../words/words.ts';
import { FieldsBuilder } from './fields-builder.tsx';
import { JsonEditor, type ValueProblem } from './json-editor.tsx';
import { isObject, type JsonObject } from './json-value.ts';
import { fieldsOf, newField, schemaOf } from './schema-fields.ts';
import { schemaProblem } from './schema-problem.ts';

type Choice = 'off' | 'json' | 'schema';

function checkSchema(value: unknown): ValueProblem | undefined {
  const problem = schemaProblem(value);
  return problem && { text: words.value.chatSettings.schema[problem.kind], path: problem.path };
}

/** What the form of an answer must be. */
export function FormatSection({ chat }: { readonly chat: Chat }) {
  const { format } = chat.settings.value;
  const text = words.value.chatSettings;
  const choice: Choice = isObject(format) ? 'schema' : format === 'json' ? 'json' : 'off';
  const choose = (next: Choice) => {
    if (next === choice) return;
    const first = schemaOf([newField('answer')]);
    chat.set({ format: next === 'off' ? undefined : next === 'json' ? 'json' : first });
  };
  return (
    <fieldset class="settings-group">
      <legend>{text.format}</legend>
      <div class="choices">
        {(['off', 'json', 'schema'] as const).map((one) => (
          <label key={one}>
            <input type="radio" name="format" checked={choice === one} onChange={() => choose(one)} />
            {text.formats[one]}
          </label>
        ))}
      </div>
      {isObject(format) && <SchemaEditor schema={format} onChange={(next) => chat.set({ format: next })} />}
    </fieldset>
  );
}

interface SchemaProps {
  readonly schema: JsonObject;
  readonly onChange: (schema: JsonObject | undefined) => void;
}

/** A schema as fields, where fields can show all of it, or as text. */
function SchemaEditor({ schema, onChange }: SchemaProps) {
  const isText = useSignal(false);
  const text = words.value.chatSettings;
  const shown = fieldsOf(schema);
  const asText = isText.value || !shown;
  return (
    <>
      <div class="buttons">
        <button type="button" aria-pressed={!asText} disabled={!shown} onClick={() => (isText.value = false)}>
          {text.asFields}
        </button>
        <button type="button" aria-pressed={asText} onClick={() => (isText.value = true)}>
          {text.asText}
        </button>
      </div>
      {!shown && <p class="small">{text.onlyText}</p>}
      {asText ? (
        <JsonEditor
          label={text.schemaLabel}
          value={schema}
          check={checkSchema}
          onChange={(value) => onChange(isObject(value) ? value : undefined)}
        />
      ) : (
        <FieldsBuilder fields={shown ?? []} onChange={(next) => onChange(schemaOf(next))} />
      )}
    </>
  );
}
