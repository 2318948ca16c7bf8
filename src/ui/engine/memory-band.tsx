import type { EngineRunner, EngineSlot } from '../../api/engine-events.ts';
import { StackedBar } from '../bars/stacked-bar.tsx';
import { bytesText, countText } from '../words/format.ts';
import { words } from '../words/words.ts';
import type { EngineFeed } from './engine-feed.ts';
import { barOf, type DeviceMemory, type MemoryKind, memoryByDevice } from './memory-parts.ts';

/** Memory of each device, and what the slots of each model hold. */
export function MemoryBand({ feed }: { readonly feed: EngineFeed }) {
  const text = words.value.engine;
  feed.changes.state.value;
  const { state } = feed.history;
  const ready = state.runners.filter(({ slots }) => slots.length > 0);
  return (
    <section class="band" aria-labelledby="memory">
      <h2 id="memory">{text.memory}</h2>
      {memoryByDevice(state).map((device) => (
        <DeviceBar key={device.device} device={device} />
      ))}
      {ready.map((runner) => (
        <SlotStrips key={runner.runner} runner={runner} />
      ))}
      {state.disk_cache_bytes !== undefined && state.disk_cache_bytes > 0 && (
        <p class="small">{text.diskBytes(bytesText(state.disk_cache_bytes))}</p>
      )}
    </section>
  );
}

function DeviceBar({ device }: { readonly device: DeviceMemory }) {
  const { devices, ofTotal, memoryKinds } = words.value.engine;
  const name = device.device === 'system' ? devices.system : device.device;
  const parts = barOf(device);
  const label = parts
    .filter(({ amount }) => amount > 0)
    .map(({ kind, amount }) => `${memoryKinds[kind]} ${bytesText(amount)}`)
    .join(', ');
  return (
    <div class="device">
      <h3>
        {name}{' '}
        <span class="small">{ofTotal(bytesText(device.total - device.free), bytesText(device.total))}</span>
      </h3>
      <StackedBar parts={parts} label={`${name}: ${label}`} />
      <ul class="bar-labels">
        {device.models.map(({ runner, model, parts }) => (
          <li key={runner}>
            <strong>{model}</strong>
            <KindList amounts={[...parts]} />
          </li>
        ))}
        <li>
          <KindList
            amounts={[
              ['others', device.others],
              ['free', device.free],
            ]}
          />
        </li>
      </ul>
    </div>
  );
}

function KindList({ amounts }: { readonly amounts: readonly (readonly [MemoryKind, number])[] }) {
  const { memoryKinds } = words.value.engine;
  return (
    <span>
      {amounts.map(([kind, bytes]) => (
        <span key={kind} class={`swatch kind-${kind}`}>
          {memoryKinds[kind]} {bytesText(bytes)}
        </span>
      ))}
    </span>
  );
}

function SlotStrips({ runner }: { readonly runner: EngineRunner }) {
  const text = words.value.engine;
  const { host_cache: host, disk_cache: disk } = runner;
  const caches = [
    host && text.hostCache(countText(host.conversations), bytesText(host.bytes)),
    disk && text.diskCache(countText(disk.conversations)),
  ].filter((part) => part !== undefined);
  return (
    <div class="slots">
      <h3>
        {runner.model} <span class="small">{text.slots}</span>
      </h3>
      {runner.slots.map((slot) => (
        <SlotStrip key={slot.slot} slot={slot} contextLength={runner.context_length} />
      ))}
      {caches.length > 0 && <p class="small">{caches.join(' · ')}</p>}
    </div>
  );
}

interface StripProps {
  readonly slot: EngineSlot;
  readonly contextLength: number;
}

/** The tokens that a slot holds, against what it could hold. */
function SlotStrip({ slot, contextLength }: StripProps) {
  const text = words.value.engine;
  const isUsed = slot.run !== undefined;
  const own = slot.tokens - slot.shared_tokens;
  const parts = [
    { kind: 'shared', name: text.sharedTokens, amount: slot.shared_tokens },
    { kind: isUsed ? 'kvHeld' : 'kvIdle', name: isUsed ? text.held : text.idleTokens, amount: own },
    { kind: 'kvFree', name: text.freeTokens, amount: Math.max(0, contextLength - slot.tokens) },
  ];
  const there = parts.filter(({ amount }) => amount > 0);
  const label = there.map(({ name, amount }) => `${countText(amount)} ${name}`).join(' · ');
  return (
    <div class="slot-strip">
      <span>{text.slot(String(slot.slot))}</span>
      <StackedBar parts={there} label={`${text.slot(String(slot.slot))}: ${label}`} />
      <span class="small">{label}</span>
    </div>
  );
}
