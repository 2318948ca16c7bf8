import { useComputed, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { words } from '../words/words.ts';
import { AlternativeList } from './alternative-list.tsx';
import { type AnswerTokens, percentText, sureness, visibleText } from './answer-tokens.ts';

/** More buttons would make the page slow. */
const TOKENS_PER_PAGE = 400;

interface TokenStripProps {
  readonly answer: AnswerTokens;
  /** Goes on with a text as another answer. */
  readonly onBranch: (content: string) => void;
}

/**
 * The tokens of an answer. The one under the pointer, or with the focus, shows what else the model weighed. Arrow keys move between
 * tokens, Enter goes to the alternatives, and Escape goes back.
 */
export function TokenStrip({ answer, onBranch }: TokenStripProps) {
  const text = words.value.probabilities;
  const { tokens } = answer;
  const chosen = useSignal(0);
  const page = useComputed(() => Math.floor(chosen.value / TOKENS_PER_PAGE));
  const strip = useRef<HTMLDivElement>(null);
  const alternatives = useRef<HTMLDivElement>(null);
  const from = page.value * TOKENS_PER_PAGE;
  const shown = tokens.slice(from, from + TOKENS_PER_PAGE);
  const focusChosen = () => strip.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  const choose = (index: number) => {
    chosen.value = Math.max(0, Math.min(tokens.length - 1, index));
    // After the buttons are those of the chosen token's page.
    requestAnimationFrame(focusChosen);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const index = moveBy(event.key, chosen.value, tokens.length);
    if (index === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    choose(index);
  };
  return (
    <div class="probabilities">
      <div class="tokens" ref={strip} role="toolbar" aria-label={text.tokens} onKeyDown={onKeyDown}>
        {shown.map((token, at) => (
          <button
            key={from + at}
            type="button"
            class={`token sure-${sureness(token.probability)}`}
            tabIndex={from + at === chosen.value ? 0 : -1}
            aria-pressed={from + at === chosen.value}
            aria-label={`${visibleText(token)} ${percentText(token.probability)}`}
            onFocus={() => (chosen.value = from + at)}
            onPointerEnter={() => (chosen.value = from + at)}
            onClick={() => alternatives.current?.querySelector('button')?.focus()}
          >
            {shownText(token)}
          </button>
        ))}
      </div>
      <TokenPages
        page={page.value}
        count={Math.ceil(tokens.length / TOKENS_PER_PAGE)}
        onGo={(to) => choose(to * TOKENS_PER_PAGE)}
      />
      <AlternativeList
        box={alternatives}
        answer={answer}
        index={chosen.value}
        onBranch={onBranch}
        onLeave={focusChosen}
      />
    </div>
  );
}

/** As in the text, but so that a token that is only a line end can be seen. */
function shownText(token: Parameters<typeof visibleText>[0]): string {
  return token.text === undefined ? visibleText(token) : token.text.replaceAll('\n', '⏎\n');
}

/** @returns the token that a key goes to; undefined for other keys */
function moveBy(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return index + 1;
    case 'ArrowLeft':
      return index - 1;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

interface TokenPagesProps {
  readonly page: number;
  readonly count: number;
  readonly onGo: (page: number) => void;
}

function TokenPages({ page, count, onGo }: TokenPagesProps) {
  if (count < 2) return null;
  const text = words.value.probabilities;
  return (
    <p class="token-pages small">
      <button type="button" class="quiet" disabled={page === 0} onClick={() => onGo(page - 1)}>
        {text.earlier}
      </button>
      <span>{text.page(page + 1, count)}</span>
      <button type="button" class="quiet" disabled={page === count - 1} onClick={() => onGo(page + 1)}>
        {text.later}
      </button>
    </p>
  );
}
