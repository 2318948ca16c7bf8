import type { EstimateResponse } from '../../api/estimate.ts';
import { bytesText } from '../words/format.ts';
import { words } from '../words/words.ts';
import { type BarPart, memoryParts } from './fit.ts';

/** Units of the drawing; the bar takes the width that there is. */
const WIDTH = 1000;
const HEIGHT = 12;

/** What a model needs, as parts of what is available, with the numbers beside it. */
export function MemoryBar({ estimate }: { estimate: EstimateResponse }) {
  const parts = memoryParts(estimate, WIDTH);
  const text = words.value.models;
  return (
    <div class="memory-bar">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ kind, from, width }) => (
          <rect
            key={kind}
            class={`part-${kind}`}
            x={from}
            y={0}
            width={Math.max(0, width - 2)}
            height={HEIGHT}
          />
        ))}
      </svg>
      <ul>
        {parts.map((part) => (
          <Label key={part.kind} part={part} />
        ))}
      </ul>
      <p class="small">{text.total(bytesText(estimate.memory.total), bytesText(estimate.available))}</p>
    </div>
  );
}

function Label({ part: { kind, bytes } }: { part: BarPart }) {
  return (
    <li>
      <svg class="mark" viewBox="0 0 8 8" aria-hidden="true">
        <rect class={`part-${kind}`} width={8} height={8} />
      </svg>
      {words.value.models.part[kind]} {bytesText(bytes)}
    </li>
  );
}
