import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { bytesText } from '../../words/format.ts';
import { words } from '../../words/words.ts';
import { modelList } from '../model-list.ts';
import { createModel, creation } from './create-model.ts';
import { nameFromFile, parseParameters } from './parse-parameters.ts';

/** Types of weights that `POST /api/create` makes, of those that people use. */
const types = ['q8_0', 'q6_K', 'q5_K_M', 'q4_K_M', 'q4_0'];

/** What the file dialog offers: GGUF files, and the files of a safetensors folder. */
const accepted = '.gguf,.safetensors,.json,.jinja,.model';

/** Makes a model: of files, or of another model with a system prompt and parameters of its own. */
export function CreatePanel() {
  const source = useSignal<'file' | 'model'>('file');
  const files = useSignal<readonly File[]>([]);
  const problem = useSignal<string | undefined>(undefined);
  const name = useSignal('');
  const abort = useRef(new AbortController());
  useEffect(() => () => abort.current.abort(), []);
  const text = words.value.models;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const wishes = wishesOf(new FormData(form), source.value, files.value);
    problem.value = 'problem' in wishes ? wishes.problem : undefined;
    if ('problem' in wishes) return;
    abort.current = new AbortController();
    if (!(await createModel({ ...wishes, model: name.value.trim() }, abort.current.signal))) return;
    form.reset();
    files.value = [];
    name.value = '';
  };
  return (
    <section class="models-panel" aria-label={text.createTitle}>
      <h2>{text.createTitle}</h2>
      <form class="create-form" onSubmit={(event) => void submit(event)}>
        <SourceChoice source={source} />
        {source.value === 'file' ? <FileField files={files} name={name} /> : <BaseField />}
        <label>
          <span>{text.newName}</span>
          <input
            value={name.value}
            autocomplete="off"
            spellcheck={false}
            required
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
          />
        </label>
        <label>
          <span>{text.systemPrompt}</span>
          <textarea name="system" rows={3} />
        </label>
        <label>
          <span>{text.parameterLines}</span>
          <textarea name="parameters" rows={3} placeholder="temperature 0.7" spellcheck={false} />
        </label>
        {problem.value !== undefined && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
        <Running onStop={() => abort.current.abort()} />
      </form>
    </section>
  );
}

type Wishes =
  | { readonly problem: string }
  | { readonly files: readonly File[]; readonly fields: Readonly<Record<string, unknown>> };

/** What the form asks for, or what is wrong with it. */
function wishesOf(form: FormData, source: 'file' | 'model', files: readonly File[]): Wishes {
  const text = words.value.models;
  const { parameters, badLine } = parseParameters(String(form.get('parameters') ?? ''));
  if (badLine !== undefined) return { problem: text.badParameter(badLine) };
  if (source === 'file' && files.length === 0) return { problem: text.needsFile };
  const system = String(form.get('system') ?? '').trim();
  const quantize = String(form.get('quantize') ?? '');
  const fields = {
    ...(source === 'model' && { from: String(form.get('from') ?? '') }),
    ...(system !== '' && { system }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(quantize !== '' && { quantize }),
  };
  return { files: source === 'file' ? files : [], fields };
}

function SourceChoice({ source }: { source: Signal<'file' | 'model'> }) {
  const text = words.value.models;
  const choices = [
    ['file', text.fromFile],
    ['model', text.fromModel],
  ] as const;
  return (
    <fieldset class="models-choice">
      <legend class="hidden">{text.createTitle}</legend>
      {choices.map(([value, label]) => (
        <label key={value}>
          <input
            type="radio"
            name="source"
            checked={source.value === value}
            onChange={() => {
              source.value = value;
            }}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

function BaseField() {
  return (
    <label>
      <span>{words.value.models.baseModel}</span>
      <select name="from" required>
        {modelList.value.models.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

function FileField({ files, name }: { files: Signal<readonly File[]>; name: Signal<string> }) {
  const isOver = useSignal(false);
  const text = words.value.models;
  const take = (list: FileList | null | undefined) => {
    const chosen = [...(list ?? [])];
    if (chosen.length === 0) return;
    files.value = chosen;
    const [first = ''] = chosen.map((file) => file.name);
    // Files of a folder have the same names for every model.
    if (name.value === '' && /\.gguf$/i.test(first)) name.value = nameFromFile(first);
  };
  const over = (event: DragEvent, value: boolean) => {
    event.preventDefault();
    isOver.value = value;
  };
  return (
    <>
      <label
        class={isOver.value ? 'drop-field over' : 'drop-field'}
        onDragOver={(event) => over(event, true)}
        onDragLeave={(event) => over(event, false)}
        onDrop={(event) => {
          over(event, false);
          take(event.dataTransfer?.files);
        }}
      >
        <span>{text.drop}</span>
        <input type="file" accept={accepted} multiple onChange={(event) => take(event.currentTarget.files)} />
        {files.value.map((file) => (
          <span key={file.name} class="small">
            {file.name} · {bytesText(file.size)}
          </span>
        ))}
      </label>
      <label>
        <span>{text.quantize}</span>
        <select name="quantize">
          <option value="">{text.keepType}</option>
          {types.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </select>
      </label>
    </>
  );
}

/** The button, or how far the creation is. */
function Running({ onStop }: { onStop: () => void }) {
  const text = words.value.models;
  const now = creation.value;
  if (!now)
    return (
      <button type="submit" class="primary">
        {text.create}
      </button>
    );
  return (
    <div class="create-running">
      <progress
        max={1}
        {...(now.fraction !== undefined && { value: now.fraction })}
        aria-label={text.createTitle}
      />
      <span class="small" aria-live="polite">
        {now.status}
      </span>
      <button type="button" onClick={onStop}>
        {text.stop}
      </button>
    </div>
  );
}
