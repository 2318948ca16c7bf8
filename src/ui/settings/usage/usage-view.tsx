import { type Signal, useSignal } from '@preact/signals';
import type { KeysResponse } from '../../../api/keys.ts';
import type { UsageResponse } from '../../../api/usage.ts';
import { may } from '../../api/session.ts';
import { words } from '../../words/words.ts';
import { useFetched } from '../fetched.ts';
import { Failed, Loading } from '../states.tsx';
import { dayValues, type FigureName, figureNames, firstDay } from './usage-figures.ts';
import { UsagePlot } from './usage-plot.tsx';
import { UsageTable } from './usage-table.tsx';

const dayNumbers = [7, 30, 90, 365];
type Group = 'model' | 'key';

/** What was used, by day and by model or key: a key sees its own usage, the scope `admin` sees all. */
export function UsageView() {
  const days = useSignal(30);
  const group = useSignal<Group>('model');
  const figure = useSignal<FigureName>('output_tokens');
  const from = firstDay(new Date().toISOString().slice(0, 10), days.value);
  const [byDay, retry] = useFetched<UsageResponse>(`/api/usage?by=day&from=${from}`, true);
  const [byGroup] = useFetched<UsageResponse>(`/api/usage?by=${group.value}&from=${from}`, true);
  const [keys] = useFetched<KeysResponse>('/api/keys', may('admin'));
  const text = words.value.settings;
  const nameOf = (id: string) =>
    keys.value.state === 'ready' ? (keys.value.reply.keys.find((key) => key.id === id)?.name ?? id) : id;
  return (
    <>
      <h2>{text.sections.usage}</h2>
      {!may('admin') && <p class="small">{text.ownUsage}</p>}
      <UsageTools days={days} group={group} figure={figure} />
      {byDay.value.state === 'loading' && <Loading />}
      {byDay.value.state === 'failed' && <Failed problem={byDay.value.problem} onRetry={retry} />}
      {byDay.value.state === 'ready' &&
        (byDay.value.reply.usage.length === 0 ? (
          <p class="empty">{text.noUsage}</p>
        ) : (
          <UsagePlot
            values={dayValues(byDay.value.reply, figure.value)}
            title={text.usageOf(text.figures[figure.value])}
          />
        ))}
      {byGroup.value.state === 'ready' && byGroup.value.reply.usage.length > 0 && (
        <UsageTable
          reply={byGroup.value.reply}
          figure={figure.value}
          label={group.value === 'model' ? text.byModel : text.byKey}
          nameOf={({ model, key }) =>
            model === undefined ? (key ? nameOf(key) : text.withoutKey) : model || text.withoutModel
          }
        />
      )}
    </>
  );
}

interface ToolProps {
  readonly days: Signal<number>;
  readonly group: Signal<Group>;
  readonly figure: Signal<FigureName>;
}

function UsageTools({ days, group, figure }: ToolProps) {
  const text = words.value.settings;
  return (
    <div class="settings-tools">
      <label>
        <span>{text.days}</span>
        <select
          value={days.value}
          onChange={(event) => {
            days.value = Number(event.currentTarget.value);
          }}
        >
          {dayNumbers.map((count) => (
            <option key={count} value={count}>
              {text.lastDays(count)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{text.figure}</span>
        <select
          value={figure.value}
          onChange={(event) => {
            figure.value = figureNames.find((name) => name === event.currentTarget.value) ?? 'output_tokens';
          }}
        >
          {figureNames.map((name) => (
            <option key={name} value={name}>
              {text.figures[name]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{text.by}</span>
        <select
          value={group.value}
          onChange={(event) => {
            group.value = event.currentTarget.value === 'key' ? 'key' : 'model';
          }}
        >
          <option value="model">{text.byModel}</option>
          <option value="key">{text.byKey}</option>
        </select>
      </label>
    </div>
  );
}
