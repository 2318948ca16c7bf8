import { useSignal } from '@preact/signals';
import { may } from '../api/session.ts';
import { bytesText } from '../words/format.ts';
import { dateLocale, words } from '../words/words.ts';
import { DeleteQuestion } from './delete-question.tsx';
import { estimateOf } from './estimates.ts';
import { loadedVersion } from './loaded-version.ts';
import { loadModel, loads, unloadModel } from './loads.ts';
import { expiryOf, type ModelRow } from './model-rows.ts';
import { speeds } from './speeds.ts';
import { contextText, fitText, isTooLarge, percentText, speedText } from './texts.ts';
import { wantedLoad } from './wanted-load.ts';

/** One model of the table. */
export function ModelRowCells({ row, isChosen }: { row: ModelRow; isChosen: boolean }) {
  const { model } = row;
  const text = words.value.models;
  const speed = speeds.value[model.name]?.rate;
  return (
    <tr class={isChosen ? 'chosen' : ''}>
      <th scope="row" class="models-name">
        <a data-page="" href={`/models?model=${encodeURIComponent(model.name)}`}>
          {model.name}
        </a>
        <Facts row={row} />
      </th>
      <td class="models-abilities-cell" data-label={text.abilities}>
        <Abilities names={model.capabilities ?? []} />
      </td>
      <td class="number" data-label={text.size}>
        {bytesText(model.size)}
      </td>
      <td data-label={text.fit}>
        <FitCell row={row} />
      </td>
      <td data-label={text.speed}>{speed === undefined ? '' : speedText(speed)}</td>
      <td class="models-state" data-label={text.state}>
        <StateText row={row} />
      </td>
      <td class="models-actions">
        <RowActions row={row} />
      </td>
    </tr>
  );
}

function Facts({ row: { model } }: { row: ModelRow }) {
  const { parameter_size: size, quantization_level: type, context_length: context } = model.details;
  const parts = [size, type, ...(context === undefined ? [] : [contextText(context)])];
  return <div class="small">{parts.filter((part) => part !== '').join(' · ')}</div>;
}

export function Abilities({ names }: { names: readonly string[] }) {
  return (
    <ul class="models-abilities">
      {names.map((name) => (
        <li key={name}>{words.value.models.ability[name] ?? name}</li>
      ))}
    </ul>
  );
}

function FitCell({ row: { model, running } }: { row: ModelRow }) {
  const estimate = estimateOf(model.name, wantedLoad.value, `${model.digest} ${loadedVersion.value}`).value;
  const text = words.value.models;
  if (estimate.state === 'loading') return <span class="small">…</span>;
  if (estimate.state === 'failed')
    return (
      <span class="small" title={estimate.problem}>
        {text.noEstimate}
      </span>
    );
  const { reply } = estimate;
  return (
    <>
      {bytesText(reply.memory.total)}
      <div class={isTooLarge(reply) ? 'small problem' : 'small'}>{fitText(reply, running !== undefined)}</div>
    </>
  );
}

/** Whether it is in memory, on its way, or asked for by others. */
function StateText({ row: { model, running, loading, waiting } }: { row: ModelRow }) {
  const text = words.value.models;
  const work = loads.value.get(model.name);
  const line = waiting > 0 ? <div class="small">{text.waiting(waiting)}</div> : null;
  if (work?.kind === 'unload') return <>{text.unloading}</>;
  const fraction = loading ?? (work && !work.isWaiting ? work.fraction : undefined);
  if (fraction !== undefined && (!running || work))
    return (
      <>
        {text.loadingPart(percentText(fraction))}
        <progress value={fraction} max={1} aria-label={text.loading} />
        {line}
      </>
    );
  if (work) return <>{text.waitingToLoad}</>;
  if (!running)
    return (
      <>
        <span class="small">{text.notLoaded}</span>
        {line}
      </>
    );
  const expiry = expiryOf(running, Date.now());
  const time = expiry?.toLocaleTimeString(dateLocale(), { hour: '2-digit', minute: '2-digit' });
  return (
    <>
      <span class="models-loaded">{time === undefined ? text.loaded : text.loadedUntil(time)}</span>
      {line}
    </>
  );
}

/** What can be done with a model; only what the session may do. */
export function RowActions({ row: { model, running } }: { row: ModelRow }) {
  const isAsking = useSignal(false);
  const text = words.value.models;
  const isWorking = loads.value.has(model.name);
  return (
    <>
      {may('load') && !running && (
        <button
          type="button"
          disabled={isWorking}
          aria-label={`${text.load} ${model.name}`}
          onClick={() => void loadModel(model.name, wantedLoad.value)}
        >
          {text.load}
        </button>
      )}
      {may('load') && running && (
        <button
          type="button"
          disabled={isWorking}
          aria-label={`${text.unload} ${model.name}`}
          onClick={() => void unloadModel(model.name)}
        >
          {text.unload}
        </button>
      )}
      {may('manage') && (
        <button
          type="button"
          class="quiet"
          aria-label={`${text.remove} ${model.name}`}
          onClick={() => {
            isAsking.value = true;
          }}
        >
          {text.remove}
        </button>
      )}
      {isAsking.value && (
        <DeleteQuestion
          model={model}
          isLoaded={running !== undefined}
          onClose={() => {
            isAsking.value = false;
          }}
        />
      )}
    </>
  );
}
