import type { UsageEntry, UsageFigures, UsageResponse } from '../../../api/usage.ts';
import { countText, durationText } from '../../words/format.ts';
import { words } from '../../words/words.ts';
import { type FigureName, largestFirst } from './usage-figures.ts';

/** Rows that are shown; the rest is in `ollama usage`. */
const MAX_ROWS = 200;

interface TableProps {
  readonly reply: UsageResponse;
  /** By which figure the rows are ordered. */
  readonly figure: FigureName;
  /** What the rows are. */
  readonly label: string;
  readonly nameOf: (entry: UsageEntry) => string;
}

export function UsageTable({ reply, figure, label, nameOf }: TableProps) {
  const text = words.value.settings;
  const headings = [
    text.requests,
    text.refusals,
    text.promptTokens,
    text.cachedTokens,
    text.outputTokens,
    text.time,
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls on narrow screens, which the keyboard must be able to do
    <section class="wide-table" tabIndex={0} aria-label={`${text.by} ${label}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">{label}</th>
            {headings.map((heading) => (
              <th key={heading} scope="col" class="number">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {largestFirst(reply.usage, figure)
            .slice(0, MAX_ROWS)
            .map((entry) => (
              <Row key={`${entry.model} ${entry.key}`} name={nameOf(entry)} figures={entry} />
            ))}
          <Row name={text.total} figures={reply.total} />
        </tbody>
      </table>
    </section>
  );
}

function Row({ name, figures }: { name: string; figures: UsageFigures }) {
  const { requests, refusals, prompt_tokens, cached_tokens, output_tokens, seconds } = figures;
  return (
    <tr>
      <th scope="row" class="setting-name">
        {name}
      </th>
      {[requests, refusals, prompt_tokens, cached_tokens, output_tokens].map((value, index) => (
        <td key={index} class="number">
          {countText(value)}
        </td>
      ))}
      <td class="number">{durationText(seconds * 1e9)}</td>
    </tr>
  );
}
