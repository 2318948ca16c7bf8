import { useSignal } from '@preact/signals';
import { may } from '../../api/session.ts';
import { words } from '../../words/words.ts';
import { estimateOf } from '../estimates.ts';
import { loadedVersion } from '../loaded-version.ts';
import { loadModel, loads } from '../loads.ts';
import { MemoryBar } from '../memory-bar.tsx';
import type { ModelRow } from '../model-rows.ts';
import { contextText, fitText, isTooLarge } from '../texts.ts';
import { wantedLoad } from '../wanted-load.ts';
import { contextSteps, slotSteps } from './load-steps.ts';

/** What the model needs for a context and a number of slots, which two sliders choose. */
export function ModelMemory({ row: { model, running } }: { row: ModelRow }) {
  const context = useSignal(wantedLoad.value.context);
  const slots = useSignal(wantedLoad.value.slots);
  const text = words.value.models;
  const wanted = { context: context.value, slots: slots.value };
  const estimate = estimateOf(model.name, wanted, `${model.digest} ${loadedVersion.value}`).value;
  return (
    <section aria-label={text.memoryTitle}>
      <h3>{text.memoryTitle}</h3>
      <StepField
        label={text.context}
        steps={contextSteps(model.details.context_length)}
        value={context.value}
        show={contextText}
        onChange={(value) => {
          context.value = value;
        }}
      />
      <StepField
        label={text.slots}
        steps={slotSteps}
        value={slots.value}
        show={String}
        onChange={(value) => {
          slots.value = value;
        }}
      />
      {estimate.state === 'failed' && <p class="problem">{estimate.problem}</p>}
      {estimate.state === 'ready' && (
        <>
          <MemoryBar estimate={estimate.reply} />
          <p class={isTooLarge(estimate.reply) ? 'problem' : ''} aria-live="polite">
            {fitText(estimate.reply, running !== undefined)}
          </p>
          {estimate.reply.speed && <p class="problem">{estimate.reply.speed.advice}</p>}
        </>
      )}
      {may('load') && (
        <button
          type="button"
          disabled={loads.value.has(model.name)}
          onClick={() => void loadModel(model.name, wanted)}
        >
          {text.loadWith}
        </button>
      )}
    </section>
  );
}

interface StepProps {
  readonly label: string;
  /** The first one is 0: as the server decides. */
  readonly steps: readonly number[];
  readonly value: number;
  readonly show: (value: number) => string;
  readonly onChange: (value: number) => void;
}

/** A slider over a few values. */
function StepField({ label, steps, value, show, onChange }: StepProps) {
  const shown = value === 0 ? words.value.models.auto : show(value);
  const index = Math.max(0, steps.indexOf(value));
  return (
    <label class="models-step">
      <span>{label}</span>
      <input
        type="range"
        min={0}
        max={steps.length - 1}
        value={index}
        aria-valuetext={shown}
        onInput={(event) => onChange(steps[Number(event.currentTarget.value)] ?? 0)}
      />
      <output>{shown}</output>
    </label>
  );
}
