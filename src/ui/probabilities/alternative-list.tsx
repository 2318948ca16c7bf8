import type { RefObject } from 'preact';
import { words } from '../words/words.ts';
import { type AnswerTokens, percentText, textWithAlternative, visibleText } from './answer-tokens.ts';

interface AlternativeListProps {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly answer: AnswerTokens;
  /** Of the token. */
  readonly index: number;
  readonly onBranch: (content: string) => void;
  /** The keyboard goes back to the tokens. */
  readonly onLeave: () => void;
}

/** What the model weighed instead of a token. Each alternative can be gone on with. */
export function AlternativeList({ box, answer, index, onBranch, onLeave }: AlternativeListProps) {
  const text = words.value.probabilities;
  const token = answer.tokens[index];
  if (!token) return null;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    onLeave();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of the buttons in it bubble here
    <div class="alternatives-of-token" ref={box} onKeyDown={onKeyDown}>
      <p class="small">
        {text.chosen(visibleText(token), percentText(token.probability))}
        {!answer.alignment && ` ${text.changed}`}
      </p>
      <ul>
        {token.alternatives.map((alternative) => {
          const isChosen = alternative.bytes === token.bytes;
          const branch = isChosen ? undefined : textWithAlternative(answer, index, alternative);
          return (
            <li key={alternative.bytes}>
              <button
                type="button"
                class={isChosen ? 'chosen' : 'quiet'}
                // Not `disabled`: the keyboard must be able to read it.
                aria-disabled={branch === undefined}
                onClick={() => branch !== undefined && onBranch(branch)}
              >
                {branch !== undefined && <span class="hidden">{`${text.goOn} `}</span>}
                <span class="alternative-text">{visibleText(alternative)}</span>{' '}
                <span>{percentText(alternative.probability)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
