import { describe, expect, it } from 'vitest';
import { type EditorEffect, type EditorState, emptyEditor } from './editor-state.ts';
import { type KeyEvent, MAX_TEXT_LENGTH } from './key-event.ts';
import { reduce } from './reducer.ts';

const isComplete = (text: string) => !text.startsWith('"""') || /.{3}"""$/s.test(text);
const history = ['first', 'second fox', 'third\nfox line', 'last'];

interface Result {
  readonly state: EditorState;
  readonly effects: readonly EditorEffect[];
}

function send(state: EditorState, ...events: (KeyEvent | string)[]): Result {
  const effects: EditorEffect[] = [];
  let current = state;
  for (const event of events) {
    const key: KeyEvent = typeof event === 'string' ? { type: 'key', name: event } : event;
    const step = reduce(current, key, isComplete);
    current = step.state;
    if (step.effect) effects.push(step.effect);
  }
  return { state: current, effects };
}

const type = (text: string): KeyEvent => ({ type: 'text', text });
const paste = (text: string): KeyEvent => ({ type: 'paste', text, isCut: false });

/** Creates a state from a text in which "|" marks the cursor. */
function editor(marked: string, entries: readonly string[] = []): EditorState {
  const cursor = marked.indexOf('|');
  return { ...emptyEditor(entries), text: marked.replace('|', ''), cursor };
}

function marked({ text, cursor }: EditorState): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

function edited(start: string, ...events: (KeyEvent | string)[]): string {
  return marked(send(editor(start, history), ...events).state);
}

describe('keys that move', () => {
  it.each([
    ['C-a', 'one\ntw|o', 'one\n|two'],
    ['home', 'on|e', '|one'],
    ['C-e', 'o|ne\ntwo', 'one|\ntwo'],
    ['end', 'o|ne', 'one|'],
    ['C-b', 'a漢|b', 'a|漢b'],
    ['left', '|a', '|a'],
    ['left', 'a\n|b', 'a|\nb'],
    ['left', 'xe\u0301|', 'x|e\u0301'],
    ['left', 'x👩‍👩‍👧|', 'x|👩‍👩‍👧'],
    ['C-f', '|漢b', '漢|b'],
    ['right', '|e\u0301x', 'e\u0301|x'],
    ['right', 'a|🇩🇪b', 'a🇩🇪|b'],
    ['right', 'a|', 'a|'],
    ['M-b', 'one, two|', 'one, |two'],
    ['C-left', 'one, |two', '|one, two'],
    ['M-f', 'one|, zwölf!', 'one, zwölf|!'],
    ['C-right', '|über x', 'über| x'],
    ['up', 'long line\nab|', 'lo|ng line\nab'],
    ['down', 'lon|g\na\nb', 'long\na|\nb'],
  ])('%s: %j becomes %j', (key, start, end) => {
    expect(edited(start, key)).toBe(end);
  });

  it('keep their column across shorter lines', () => {
    expect(edited('long|er\na\nlonger', 'down', 'down')).toBe('longer\na\nlong|er');
    expect(edited('longer\na\nlong|er', 'C-p', 'C-p')).toBe('long|er\na\nlonger');
  });
});

describe('keys that change', () => {
  it.each([
    ['backspace', 'ab|c', 'a|c'],
    ['C-h', '|a', '|a'],
    ['backspace', 'ae\u0301|', 'a|'],
    ['backspace', 'one\n|', 'one|'],
    ['delete', 'a|e\u0301b', 'a|b'],
    ['C-d', 'a|b', 'a|'],
    ['C-d', 'a|', 'a|'],
    ['C-t', 'ab|cd', 'acb|d'],
    ['C-t', 'ab|', 'ba|'],
    ['C-t', 'x\n|ab', 'x\n|ab'],
    ['C-t', '|', '|'],
    ['tab', 'a|b', 'a        |b'],
    ['C-j', 'a|b', 'a\n|b'],
    ['M-enter', 'a|b', 'a\n|b'],
    ['C-k', 'a|b\nc', 'a|\nc'],
    ['C-k', 'a|\nc', 'a|c'],
    ['C-u', 'x\na|b', 'x\n|b'],
    ['C-u', 'x\n|b', 'x|b'],
    ['C-w', 'one two-three |x', 'one |x'],
    ['M-backspace', 'one two-three|', 'one two-|'],
    ['M-d', 'one| two three', 'one| three'],
    ['M-d', '|', '|'],
    ['C-q', 'a|', 'a|'],
    ['escape', 'a|', 'a|'],
  ])('%s: %j becomes %j', (key, start, end) => {
    expect(edited(start, key)).toBe(end);
  });

  it('insert and paste at the cursor', () => {
    expect(edited('a|d', type('b'), type('c'))).toBe('abc|d');
    expect(edited('a|d', paste('1\n2'))).toBe('a1\n2|d');
    expect(edited('👩|👧', type('\u200d'))).toBe('👩‍👧|');
  });

  it('ring the bell for text that does not fit', () => {
    const { state, effects } = send(editor('|'), paste('x'.repeat(MAX_TEXT_LENGTH)), type('yz'));
    expect(state.text.length).toBe(MAX_TEXT_LENGTH);
    expect(effects).toEqual([{ type: 'bell' }]);
    expect(send(editor('|'), { type: 'paste', text: 'x', isCut: true }).effects).toEqual([{ type: 'bell' }]);
  });
});

describe('the kill ring', () => {
  it('pastes the last killed text', () => {
    expect(edited('one two|', 'C-w', 'C-a', 'C-y')).toBe('two|one ');
    expect(edited('a|', 'C-y')).toBe('a|');
  });

  it('joins consecutive kills in their order', () => {
    expect(edited('one two| three', 'C-w', 'C-w', 'C-k', 'C-y')).toBe('one two three|');
  });

  it('cycles through older kills', () => {
    const start = editor('one two three|');
    const { state } = send(start, 'C-w', 'left', 'C-w', 'C-e', 'C-u', 'C-y');
    expect(marked(state)).toBe('one  |');
    expect(marked(send(state, 'M-y').state)).toBe('two|');
    expect(marked(send(state, 'M-y', 'M-y').state)).toBe('three|');
    expect(marked(send(state, 'M-y', 'M-y', 'M-y').state)).toBe('one  |');
    expect(marked(send(state, 'left', 'M-y').state)).toBe('one | ');
  });

  it('survives the end of the line', () => {
    const { state } = send(editor('word|'), 'C-u', type('x'), 'enter', 'C-y');
    expect(marked(state)).toBe('word|');
  });
});

describe('undo', () => {
  it('undoes typing word by word, and everything else step by step', () => {
    const typed = Array.from('ab cd', type);
    expect(edited('|', ...typed, 'C-_')).toBe('ab|');
    expect(edited('|', ...typed, 'C-_', 'C-_')).toBe('|');
    expect(edited('|', ...typed, 'C-u', 'C-_')).toBe('ab cd|');
    expect(edited('|', paste('x\ny'), 'backspace', 'C-_', 'C-_', 'C-_')).toBe('|');
    expect(edited('ab|c', 'C-t', 'C-_')).toBe('ab|c');
  });

  it('remembers at most twice the length of the longest text', () => {
    const { state } = send(editor('|'), paste('x'.repeat(MAX_TEXT_LENGTH - 9)));
    const { state: changed } = send(state, 'tab', 'left', 'left', 'delete', 'delete', 'C-w');
    const kept = changed.undo.reduce((sum, step) => sum + step.text.length, 0);
    expect(kept).toBeLessThanOrEqual(2 * MAX_TEXT_LENGTH);
    expect(changed.undo.length).toBeGreaterThan(0);
  });
});

describe('the history', () => {
  it('is shown with Up and Down, and the new text comes back', () => {
    expect(edited('new|', 'up')).toBe('last|');
    expect(edited('new|', 'C-p', 'up')).toBe('third\nfox line|');
    expect(edited('new|', 'up', 'up', 'up')).toBe('third|\nfox line');
    expect(edited('new|', 'up', 'up', 'up', 'up')).toBe('second fox|');
    expect(edited('new|', 'up', 'up', 'up', 'up', 'up', 'up', 'up')).toBe('first|');
    expect(edited('new|', 'up', 'down')).toBe('new|');
    expect(edited('new|', 'C-n')).toBe('new|');
    expect(edited('new|', 'up', 'up', 'C-n', 'C-n')).toBe('new|');
  });

  it('is searched backward and forward', () => {
    expect(edited('|', 'C-r', type('fo'))).toBe('third\n|fox line');
    expect(edited('|', 'C-r', type('f'), type('ox'), 'C-r')).toBe('second |fox');
    expect(edited('|', 'C-r', type('fox'), 'C-r', 'C-s')).toBe('third\n|fox line');
    expect(edited('|', 'C-r', type('fox'), 'C-r', 'C-r')).toBe('second |fox');
    expect(edited('|', 'C-r', type('fir'), 'backspace', 'backspace')).toBe('third\n|fox line');
    expect(edited('|', 'C-r', type('sec'), 'escape', 'C-e', type('!'))).toBe('second fox!|');
  });

  it('reports that nothing was found, and continues from there', () => {
    const { state } = send(editor('|', history), 'C-r', type('foxx'));
    expect(state.search).toMatchObject({ hasFailed: true, query: 'foxx' });
    expect(send(state, 'backspace').state.search).toMatchObject({ hasFailed: false, query: 'fox' });
  });

  it.each(['C-g', 'C-c'])('is unchanged when %s cancels the search', (key) => {
    const { state, effects } = send(editor('ne|w', history), 'C-r', type('fox'), 'C-r', key);
    expect(marked(state)).toBe('ne|w');
    expect(state.search).toBeUndefined();
    expect(effects).toEqual([]);
    expect(marked(send(state, 'C-e', 'up', 'down').state)).toBe('new|');
  });

  it('sends the entry that was found, and remembers the query', () => {
    const { state, effects } = send(editor('|', history), 'C-r', type('sec'), 'enter');
    expect(effects).toEqual([{ type: 'submit', text: 'second fox' }]);
    expect(marked(send(state, 'C-r', 'C-r').state)).toBe('|second fox');
    expect(edited('|', 'C-r', type('sec'), 'C-a', 'C-k')).toBe('|');
  });
});

describe('keys with an effect outside the editor', () => {
  it.each<[string, string, EditorEffect]>([
    ['enter', 'te|xt\n\n', { type: 'submit', text: 'text' }],
    ['enter', '|', { type: 'submit', text: '' }],
    ['enter', '"""a\nb"""|', { type: 'submit', text: '"""a\nb"""' }],
    ['C-c', 'text|', { type: 'interrupt', isLineEmpty: false }],
    ['C-c', '|', { type: 'interrupt', isLineEmpty: true }],
    ['C-d', '|', { type: 'end' }],
  ])('%s in %j', (key, start, effect) => {
    const { state, effects } = send(editor(start), key);
    expect(effects).toEqual([effect]);
    expect(state.text).toBe('');
  });

  it.each<[string, EditorEffect['type']]>([
    ['C-g', 'edit-externally'],
    ['C-l', 'clear-screen'],
    ['C-z', 'suspend'],
  ])('%s does not change the text', (key, effect) => {
    const { state, effects } = send(editor('te|xt'), key);
    expect(effects).toEqual([{ type: effect }]);
    expect(marked(state)).toBe('te|xt');
  });

  it('begins a new line with Enter while a text is open', () => {
    const { state, effects } = send(editor('"""one|'), 'enter', type('two'));
    expect(marked(state)).toBe('"""one\ntwo|');
    expect(effects).toEqual([]);
  });
});
