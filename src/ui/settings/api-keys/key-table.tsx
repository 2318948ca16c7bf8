import { useSignal } from '@preact/signals';
import type { KeyInfo, NewKeyResponse } from '../../../api/keys.ts';
import { ApiError, request, send } from '../../api/http.ts';
import { notify } from '../../app/notices.tsx';
import { countText } from '../../words/format.ts';
import { dateLocale, words } from '../../words/words.ts';
import { RevokeQuestion, RotateQuestion } from './key-questions.tsx';
import { limitNames } from './key-request.ts';

interface TableProps {
  readonly keys: readonly KeyInfo[];
  readonly onMade: (key: NewKeyResponse) => void;
  readonly onChange: () => void;
}

export function KeyTable({ keys, onMade, onChange }: TableProps) {
  const text = words.value.settings;
  return (
    <table class="stacked">
      <thead>
        <tr>
          <th scope="col">{text.keyName}</th>
          <th scope="col">{text.keyScopes}</th>
          <th scope="col">{text.keyModels}</th>
          <th scope="col">{text.limits}</th>
          <th scope="col">{text.expires}</th>
          <th scope="col">
            <span class="hidden">{text.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row" class="setting-name">
              {key.name}
              <div class="small">{key.id}</div>
            </th>
            <td data-label={text.keyScopes}>{key.scopes.join(', ')}</td>
            <td data-label={text.keyModels}>
              {key.models.length === 0 ? text.allModels : key.models.join(', ')}
            </td>
            <td data-label={text.limits}>
              <Limits info={key} />
            </td>
            <td data-label={text.expires}>
              {key.expires_at === undefined
                ? text.never
                : new Date(key.expires_at).toLocaleDateString(dateLocale())}
            </td>
            <td class="models-actions">
              <KeyActions info={key} onMade={onMade} onChange={onChange} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Limits({ info }: { info: KeyInfo }) {
  const text = words.value.settings;
  return (
    <>
      {limitNames.map((limit) => {
        const value = info[limit];
        return (
          value !== undefined && (
            <div key={limit} class="small">
              {text.limitNames[limit]}: {countText(value)}
            </div>
          )
        );
      })}
    </>
  );
}

interface ActionProps extends Omit<TableProps, 'keys'> {
  readonly info: KeyInfo;
}

function KeyActions({ info, onMade, onChange }: ActionProps) {
  const open = useSignal<'rotate' | 'revoke' | undefined>(undefined);
  const text = words.value.settings;
  const close = () => {
    open.value = undefined;
  };
  if (info.source === 'config file') return <span class="small">{text.ofFile}</span>;
  return (
    <>
      <button
        type="button"
        aria-label={`${text.rotate} ${info.name}`}
        onClick={() => {
          open.value = 'rotate';
        }}
      >
        {text.rotate}
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={`${text.revoke} ${info.name}`}
        onClick={() => {
          open.value = 'revoke';
        }}
      >
        {text.revoke}
      </button>
      {open.value === 'rotate' && (
        <RotateQuestion
          name={info.name}
          onClose={close}
          onYes={(grace) => void told(async () => onMade(await rotate(info.id, grace)))}
        />
      )}
      {open.value === 'revoke' && (
        <RevokeQuestion
          name={info.name}
          onClose={close}
          onYes={() =>
            void told(async () => {
              await send(`/api/keys/${info.id}`, { method: 'DELETE' });
              notify(text.revoked(info.name));
              onChange();
            })
          }
        />
      )}
    </>
  );
}

function rotate(id: string, grace: string): Promise<NewKeyResponse> {
  return request<NewKeyResponse>(`/api/keys/${id}/rotate`, { body: grace === '' ? {} : { grace } });
}

/** Does something, and says what went wrong. */
async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    notify(error.message, 'problem');
  }
}
