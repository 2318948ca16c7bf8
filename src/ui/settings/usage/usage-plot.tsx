import { useSignal } from '@preact/signals';
import { countText } from '../../words/format.ts';
import { barsOf, type DayValue } from './usage-figures.ts';

/** Units of the drawing, which takes the width that there is. */
const WIDTH = 1000;
const HEIGHT = 120;

/** One bar a day. The day under the pointer, or else the last one, is written above. */
export function UsagePlot({ values, title }: { values: readonly DayValue[]; title: string }) {
  const pointed = useSignal<number | undefined>(undefined);
  const bars = barsOf(values, WIDTH, HEIGHT);
  const most = Math.max(0, ...values.map(({ value }) => value));
  const shown = values[pointed.value ?? values.length - 1];
  const point = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    const index = Math.floor(((event.clientX - left) / Math.max(1, width)) * values.length);
    pointed.value = Math.min(values.length - 1, Math.max(0, index));
  };
  return (
    <figure class="usage-plot">
      <figcaption class="small">
        {title}
        {shown && ` · ${shown.day}: ${countText(shown.value)}`}
      </figcaption>
      <div class="small">{countText(most)}</div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={title}
        onPointerMove={point}
        onPointerLeave={() => {
          pointed.value = undefined;
        }}
      >
        {bars.map(({ day, x, y, width, height }, index) => (
          <rect
            key={day}
            class={index === pointed.value ? 'pointed' : ''}
            x={x}
            y={y}
            width={width}
            height={height}
          />
        ))}
        <line x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
      </svg>
      <div class="usage-days small">
        <span>{values[0]?.day}</span>
        <span>{values.at(-1)?.day}</span>
      </div>
    </figure>
  );
}
