import { useSignal } from '@preact/signals';
import type { ConfigResponse, ShownSetting } from '../../api/config.ts';
import { may } from '../api/session.ts';
import { words } from '../words/words.ts';
import { useFetched } from './fetched.ts';
import { Failed, Loading, NeedsScope } from './states.tsx';

/** The settings of the server, as `ollama config` shows them. They are changed in its environment or its config file. */
export function ServerSettings() {
  const isAllowed = may('admin');
  const [config, retry] = useFetched<ConfigResponse>('/api/config', isAllowed);
  const text = words.value.settings;
  return (
    <>
      <h2>{text.sections.server}</h2>
      {!isAllowed && <NeedsScope scope="admin" />}
      {isAllowed && config.value.state === 'loading' && <Loading />}
      {config.value.state === 'failed' && <Failed problem={config.value.problem} onRetry={retry} />}
      {config.value.state === 'ready' && <SettingTable config={config.value.reply} />}
    </>
  );
}

function SettingTable({ config: { file, settings } }: { config: ConfigResponse }) {
  const onlyChanged = useSignal(false);
  const filter = useSignal('');
  const text = words.value.settings;
  const needle = filter.value.trim().toLowerCase();
  const shown = settings.filter(
    ({ name, help, source }) =>
      (!onlyChanged.value || source !== 'default') && `${name} ${help}`.toLowerCase().includes(needle),
  );
  return (
    <>
      <p class="small">{file === undefined ? text.noFile : text.file(file)}</p>
      <div class="settings-tools">
        <label>
          <span>{text.filter}</span>
          <input
            type="search"
            value={filter.value}
            onInput={(event) => {
              filter.value = event.currentTarget.value;
            }}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={onlyChanged.value}
            onChange={(event) => {
              onlyChanged.value = event.currentTarget.checked;
            }}
          />
          {text.onlyChanged}
        </label>
      </div>
      {shown.length === 0 ? (
        <p class="empty">{needle === '' ? text.allDefault : text.nothing}</p>
      ) : (
        <Rows settings={shown} />
      )}
    </>
  );
}

function Rows({ settings }: { settings: readonly ShownSetting[] }) {
  const text = words.value.settings;
  return (
    <table class="stacked setting-table">
      <thead>
        <tr>
          <th scope="col">{text.setting}</th>
          <th scope="col">{text.value}</th>
          <th scope="col">{text.source}</th>
        </tr>
      </thead>
      <tbody>
        {settings.map(({ name, text: value, source, live, help }) => (
          <tr key={name}>
            <th scope="row" class="setting-name">
              <code>{name}</code>
              <div class="small">{help}</div>
            </th>
            <td class={source === 'default' ? 'setting-value small' : 'setting-value'}>{value}</td>
            <td>
              {text.sources[source]}
              <div class="small">{live ? text.live : text.restart}</div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
