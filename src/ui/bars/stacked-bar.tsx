import { type BarPart, layOutBar } from './bar-layout.ts';

/** Units along a bar; it is stretched to the width that there is. */
const LENGTH = 1000;
const HEIGHT = 16;
/** About two pixels where a bar is 700 wide. */
const LEAST = 3;
/** Between parts, so that equal colours side by side stay apart. */
const GAP = 1;

interface Props {
  readonly parts: readonly BarPart<string>[];
  /** Says with numbers what the bar shows. */
  readonly label: string;
}

/** Parts of a whole side by side, each with the class `kind-KIND` for its colour. */
export function StackedBar({ parts, label }: Props) {
  return (
    <svg
      class="stacked-bar"
      viewBox={`0 0 ${LENGTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {layOutBar(parts, LENGTH, LEAST).map(({ kind, start, length }, index) => (
        <rect
          key={`${kind}-${index}`}
          class={`kind-${kind}`}
          x={start}
          y={0}
          width={Math.max(length - GAP, length / 2)}
          height={HEIGHT}
        />
      ))}
    </svg>
  );
}
