import { useSignal } from '@preact/signals';
import type { NewKeyResponse } from '../../../api/keys.ts';
import { defaultScopes, type Scope, scopes } from '../../../api/scopes.ts';
import { ApiError, request } from '../../api/http.ts';
import { words } from '../../words/words.ts';
import { type KeyRequest, keyRequest, limitNames } from './key-request.ts';

interface FormProps {
  readonly onMade: (key: NewKeyResponse) => void;
  readonly onCancel: () => void;
}

/** Asks what a new key may do. */
export function KeyForm({ onMade, onCancel }: FormProps) {
  const problem = useSignal<string | undefined>(undefined);
  const text = words.value.settings;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const asked = requestOf(new FormData(event.currentTarget as HTMLFormElement));
    if ('problem' in asked) {
      problem.value = problemText(asked);
      return;
    }
    try {
      onMade(await request<NewKeyResponse>('/api/keys', { body: asked.body }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = error.message;
    }
  };
  return (
    <form class="settings-form" onSubmit={(event) => void submit(event)}>
      <h3>{text.newKey}</h3>
      <label>
        <span>{text.keyName}</span>
        <input name="name" autocomplete="off" required />
      </label>
      <fieldset class="scopes">
        <legend>{text.keyScopes}</legend>
        {scopes.map((scope) => (
          <label key={scope} class="check">
            <input type="checkbox" name={`scope ${scope}`} defaultChecked={defaultScopes.includes(scope)} />
            {scope}
          </label>
        ))}
      </fieldset>
      <label>
        <span>{text.keyModels}</span>
        <input name="models" placeholder={text.keyModelsHint} autocomplete="off" spellcheck={false} />
      </label>
      <fieldset class="limits">
        <legend>{text.limits}</legend>
        {limitNames.map((limit) => (
          <label key={limit}>
            <span>{text.limitNames[limit]}</span>
            <input name={limit} inputMode="numeric" autocomplete="off" />
          </label>
        ))}
      </fieldset>
      <label>
        <span>{text.expires}</span>
        <input name="expires" placeholder={text.expiresHint} autocomplete="off" />
      </label>
      {problem.value !== undefined && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <div class="settings-tools">
        <button type="submit" class="primary">
          {text.create}
        </button>
        <button type="button" onClick={onCancel}>
          {text.cancel}
        </button>
      </div>
    </form>
  );
}

function requestOf(form: FormData): KeyRequest {
  const field = (name: string) => String(form.get(name) ?? '');
  return keyRequest({
    name: field('name'),
    scopes: scopes.filter((scope: Scope) => form.has(`scope ${scope}`)),
    models: field('models'),
    limits: Object.fromEntries(limitNames.map((limit) => [limit, field(limit)])),
    expires: field('expires'),
  });
}

function problemText(asked: Extract<KeyRequest, { problem: string }>): string {
  const text = words.value.settings;
  return asked.problem === 'scopes' ? text.needsScopes : text.badNumber(text.limitNames[asked.limit]);
}
