/** All keys of the page. The help lists this table, and the handler follows it. */

export type KeyGroup = 'everywhere' | 'chat' | 'writing';

interface KeyRow {
  readonly group: KeyGroup;
  /** Names as in `KeyboardEvent.key`. `Ctrl` is also the command key of Apple's keyboards. */
  readonly keys: string;
  /** Whether it also works while a text is written. Keys with Ctrl or Alt always do. */
  readonly inTexts?: true;
}

export const keyTable = {
  palette: { group: 'everywhere', keys: 'Ctrl+K' },
  help: { group: 'everywhere', keys: '?' },
  newChat: { group: 'chat', keys: 'Ctrl+Shift+O' },
  chats: { group: 'chat', keys: 'Ctrl+B' },
  chatSettings: { group: 'chat', keys: 'Alt+,' },
  stop: { group: 'chat', keys: 'Escape', inTexts: true },
  branchBefore: { group: 'chat', keys: 'Alt+ArrowUp' },
  branchAfter: { group: 'chat', keys: 'Alt+ArrowDown' },
  toEnd: { group: 'chat', keys: 'End' },
  write: { group: 'writing', keys: '/' },
  send: { group: 'writing', keys: 'Ctrl+Enter' },
} as const satisfies Record<string, KeyRow>;

export type KeyName = keyof typeof keyTable;

/** What a key table needs to know of a `KeyboardEvent`. */
export interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

interface Chord {
  readonly name: KeyName;
  readonly key: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly inTexts: boolean;
}

const chords: readonly Chord[] = (Object.entries(keyTable) as [KeyName, KeyRow][]).map(([name, row]) => {
  const parts = row.keys.split('+');
  const [ctrl, alt] = [parts.includes('Ctrl'), parts.includes('Alt')];
  return {
    name,
    key: (parts.at(-1) ?? '').toLowerCase(),
    ctrl,
    alt,
    shift: parts.includes('Shift'),
    inTexts: ctrl || alt || row.inTexts === true,
  };
});

/**
 * The name of a pressed key; undefined if it has none.
 * @param isInText whether it was pressed where a text is written
 */
export function keyName(pressed: PressedKey, isInText: boolean): KeyName | undefined {
  const key = pressed.key.toLowerCase();
  const isSign = key.length === 1 && key.toUpperCase() === key;
  const found = chords.find(
    (chord) =>
      chord.key === key &&
      chord.ctrl === (pressed.ctrlKey || pressed.metaKey) &&
      chord.alt === pressed.altKey &&
      // Whether a sign needs Shift depends on the keyboard.
      (isSign || chord.shift === pressed.shiftKey) &&
      (chord.inTexts || !isInText),
  );
  return found?.name;
}

const signs: Readonly<Record<string, string>> = { ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };

/** The parts of a chord as keyboards show them. */
export function keyCaps(name: KeyName): string[] {
  return keyTable[name].keys.split('+').map((part) => signs[part] ?? part);
}
