import type { EnginePrompt } from '../../api/engine-events.ts';
import { StackedBar } from '../bars/stacked-bar.tsx';
import { countText } from '../words/format.ts';
import { words } from '../words/words.ts';
import type { EngineFeed } from './engine-feed.ts';
import { runName } from './texts.ts';

const MAX_ROWS = 8;

type Tokens = Pick<EnginePrompt, 'slot_tokens' | 'memory_tokens' | 'disk_tokens' | 'computed_tokens'>;

interface Props {
  readonly prompt: Tokens;
  /** Tokens that the whole width stands for, so that prompts can be compared; absent = this prompt's. */
  readonly scale?: number;
}

function tokensOf(prompt: Tokens): number {
  return prompt.slot_tokens + prompt.memory_tokens + prompt.disk_tokens + prompt.computed_tokens;
}

/** Where the state of a prompt's tokens came from, as a bar with its numbers. */
export function PromptSources({ prompt, scale }: Props) {
  const text = words.value.engine;
  const parts = [
    { kind: 'slot', name: text.sources.slot, amount: prompt.slot_tokens },
    { kind: 'memory', name: text.sources.memory, amount: prompt.memory_tokens },
    { kind: 'disk', name: text.sources.disk, amount: prompt.disk_tokens },
    { kind: 'computed', name: text.sources.computed, amount: prompt.computed_tokens },
  ];
  const there = parts.filter(({ amount }) => amount > 0);
  const missing = Math.max(0, (scale ?? 0) - tokensOf(prompt));
  const label = there.map(({ name, amount }) => `${name} ${countText(amount)}`).join(', ');
  return (
    <div class="prompt-sources">
      <StackedBar parts={[...there, { kind: 'none', amount: missing }]} label={label} />
      <ul class="bar-labels">
        {there.map(({ kind, name, amount }) => (
          <li key={kind} class={`swatch kind-${kind}`}>
            {name} {countText(amount)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The latest prompts, each with the sources of its prefix. */
export function PromptList({ feed }: { readonly feed: EngineFeed }) {
  const text = words.value.engine;
  feed.changes.prompts.value;
  const { prompts, runs } = feed.history;
  const latest = prompts.slice(-MAX_ROWS).reverse();
  const longest = Math.max(0, ...latest.map(tokensOf));
  return (
    <section class="band" aria-labelledby="prompts">
      <h2 id="prompts">{text.prompts}</h2>
      {latest.length === 0 && <p class="small">{text.promptsEmpty}</p>}
      <ul class="prompt-list">
        {latest.map((prompt) => (
          <li key={`${prompt.run}/${prompt.at}`}>
            <span>{runName(runs.get(prompt.run), prompt.run)}</span>
            <span class="small model-name">{runs.get(prompt.run)?.model}</span>
            <PromptSources prompt={prompt} scale={longest} />
          </li>
        ))}
      </ul>
    </section>
  );
}
