import { countText, durationText } from '../words/format.ts';
import { words } from '../words/words.ts';
import type { ColumnResult } from './column-result.ts';
import { piecesOf } from './differences.ts';

interface ColumnViewProps {
  readonly index: number;
  readonly result: ColumnResult | undefined;
}

/** What a column has answered, and how fast. */
export function ColumnView({ index, result }: ColumnViewProps) {
  const text = words.value.compare;
  if (!result) return <p class="compare-empty small">{text.notRun}</p>;
  return (
    <>
      {result.thinking !== '' && (
        <details class="compare-thinking">
          <summary>{text.thinking}</summary>
          <p>{result.thinking}</p>
        </details>
      )}
      <section class="compare-text" aria-label={text.answer(index + 1)}>
        <Answer index={index} text={result.text} />
      </section>
      <p class="small" aria-live="polite">
        {stateText(result)}
      </p>
      {result.problem !== undefined && (
        <p class="problem" role="alert">
          {result.problem}
        </p>
      )}
      <Figures result={result} />
    </>
  );
}

function Answer({ index, text }: { readonly index: number; readonly text: string }) {
  const pieces = piecesOf(index);
  if (!pieces) return text;
  return pieces.map((piece, at) =>
    // Pieces change only together with the text.
    piece.differs ? <mark key={at}>{piece.text}</mark> : piece.text,
  );
}

function stateText({ state, prompt, figures }: ColumnResult): string {
  const text = words.value.compare;
  if (state === 'waiting' && prompt)
    return text.readingPrompt(countText(prompt.ready), countText(prompt.all));
  if (state === 'done' && figures?.reason === 'length') return text.states.length;
  return text.states[state];
}

function Figures({ result }: { readonly result: ColumnResult }) {
  const text = words.value.compare;
  const { firstToken, figures } = result;
  const speed = figures?.tokensPerSecond;
  return (
    <dl class="compare-figures">
      <dt>{text.firstToken}</dt>
      <dd>{firstToken === undefined ? '–' : durationText(firstToken)}</dd>
      <dt>{text.speed}</dt>
      <dd>{speed === undefined ? '–' : `${speed.toFixed(1)} ${text.tokensPerSecond}`}</dd>
      <dt>{text.tokens}</dt>
      <dd>{figures ? countText(figures.tokens) : '–'}</dd>
    </dl>
  );
}
