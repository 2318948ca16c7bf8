import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { startChats } from '../chats/chats.ts';
import { isComposing } from '../keys/composing.ts';
import { KeyCaps } from '../keys/key-caps.tsx';
import { refreshModels } from '../models/model-list.ts';
import { words } from '../words/words.ts';
import type { ChatHit } from './chat-search.ts';
import { MAX_QUERY_CHARACTERS } from './match.ts';
import { type PaletteItem, rankedItems, steppedIndex } from './palette-items.ts';
import { chatSearch, namedItems, searchedChats } from './palette-source.ts';
import { isPaletteOpen } from './palette-state.ts';
import { revealMessage } from './reveal.ts';

/** Typing goes on before a search of all chats begins. */
const SEARCH_AFTER_MS = 120;

/** Searches the chats for what is typed; the hits come one by one. */
function useChatHits(query: string): { hits: readonly ChatHit[]; isSearching: boolean } {
  const hits = useSignal<readonly ChatHit[]>([]);
  const isSearching = useSignal(false);
  useEffect(() => {
    hits.value = [];
    if (query.trim() === '') return;
    const controller = new AbortController();
    const search = async () => {
      isSearching.value = true;
      for await (const hit of chatSearch.search(query, searchedChats(), controller.signal)) {
        if (controller.signal.aborted) return;
        hits.value = [...hits.value, hit];
      }
      if (!controller.signal.aborted) isSearching.value = false;
    };
    const timer = setTimeout(() => void search(), SEARCH_AFTER_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
      isSearching.value = false;
    };
  }, [query, hits, isSearching]);
  return { hits: hits.value, isSearching: isSearching.value };
}

function hitItem({ chat, message, snippet }: ChatHit): PaletteItem & { readonly hit: ChatHit } {
  return {
    id: `message-${chat.id}-${message}`,
    kind: 'message',
    label: snippet.before + snippet.match + snippet.after,
    detail: chat.title || words.value.chat.untitled,
    run: () => revealMessage(chat.id, message),
    hit: { chat, message, snippet },
  };
}

/** Everything by its name: actions, pages, models, chats, and the texts of chats. */
export function Palette() {
  const input = useRef<HTMLInputElement>(null);
  const query = useSignal('');
  const marked = useSignal(0);
  const before = useRef(document.activeElement);
  const named = useComputed(() => rankedItems(namedItems(), query.value));
  const { hits, isSearching } = useChatHits(query.value);
  const items: readonly PaletteItem[] = [...named.value, ...hits.map(hitItem)];
  const index = Math.min(marked.value, Math.max(0, items.length - 1));
  useEffect(() => {
    void startChats();
    void refreshModels();
    input.current?.focus();
  }, []);
  const close = () => {
    isPaletteOpen.value = false;
    if (before.current instanceof HTMLElement) before.current.focus();
  };
  const run = (item: PaletteItem | undefined) => {
    if (!item) return;
    close();
    item.run();
  };
  const press = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) marked.value = steppedIndex(index, step, items.length);
    else if (event.key === 'Enter') run(items[index]);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
  };
  const text = words.value.palette;
  const idOf = (at: number) => `palette-item-${at}`;
  return (
    <div class="palette" role="dialog" aria-label={text.title}>
      <input
        ref={input}
        role="combobox"
        aria-label={text.label}
        aria-expanded="true"
        aria-controls="palette-list"
        aria-autocomplete="list"
        {...(items.length > 0 && { 'aria-activedescendant': idOf(index) })}
        placeholder={text.label}
        autocomplete="off"
        maxLength={MAX_QUERY_CHARACTERS}
        value={query.value}
        onInput={({ currentTarget }) => {
          query.value = currentTarget.value;
          marked.value = 0;
        }}
        onKeyDown={press}
        onBlur={({ relatedTarget }) => {
          if (!(relatedTarget instanceof Element && relatedTarget.closest('.palette')))
            isPaletteOpen.value = false;
        }}
      />
      <PaletteList items={items} index={index} idOf={idOf} onRun={run} />
      <p class="small palette-state" role="status">
        {isSearching ? text.searching : items.length === 0 ? text.nothing : ''}
      </p>
    </div>
  );
}

interface ListProps {
  readonly items: readonly (PaletteItem & { readonly hit?: ChatHit })[];
  readonly index: number;
  readonly idOf: (at: number) => string;
  readonly onRun: (item: PaletteItem) => void;
}

function PaletteList({ items, index, idOf, onRun }: ListProps) {
  const list = useRef<HTMLDivElement>(null);
  const text = words.value.palette;
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [index]);
  return (
    <div class="palette-list" id="palette-list" role="listbox" aria-label={text.title} ref={list}>
      {items.map((item, at) => (
        <PaletteRow
          key={item.id}
          id={idOf(at)}
          item={item}
          isMarked={at === index}
          isFirst={items[at - 1]?.kind !== item.kind}
          onRun={() => onRun(item)}
        />
      ))}
    </div>
  );
}

interface RowProps {
  readonly id: string;
  readonly item: PaletteItem & { readonly hit?: ChatHit };
  readonly isMarked: boolean;
  readonly isFirst: boolean;
  readonly onRun: () => void;
}

function PaletteRow({ id, item, isMarked, isFirst, onRun }: RowProps) {
  const { kind, label, detail, key, hit } = item;
  return (
    <>
      {isFirst && (
        <div class="palette-kind" role="presentation">
          {words.value.palette.kinds[kind]}
        </div>
      )}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the field above has the focus and names the marked line */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field above handles the keys */}
      <div
        id={id}
        class="palette-item"
        role="option"
        aria-selected={isMarked}
        onMouseDown={prevent}
        onClick={onRun}
      >
        <span class="palette-label">
          {hit ? (
            <>
              {hit.snippet.before}
              <mark>{hit.snippet.match}</mark>
              {hit.snippet.after}
            </>
          ) : (
            label
          )}
        </span>
        {detail !== undefined && <span class="small">{detail}</span>}
        {key && <KeyCaps name={key} />}
      </div>
    </>
  );
}

/** The focus stays in the field. */
function prevent(event: Event): void {
  event.preventDefault();
}
