import { describe, expect, it } from 'vitest';
import type { ShowResponse } from '../../api/show.ts';
import type { Effect } from './effect.ts';
import { addTurn, chatRequest, type Session, startSession } from './session.ts';
import { interrupt, submitLine } from './submit.ts';

const show = (capabilities: NonNullable<ShowResponse['capabilities']>): ShowResponse => ({
  details: {
    parent_model: '',
    format: 'gguf',
    family: 'llama',
    families: null,
    parameter_size: '1M',
    quantization_level: 'F32',
  },
  model_info: {},
  modified_at: '2026-01-01T00:00:00Z',
  capabilities,
});

const settings = { wordWrap: true, verbose: false, hideThinking: false, options: {} };
const fresh = startSession('m', show(['completion']), settings);
const thinker = startSession('t', show(['completion', 'thinking']), settings);

/** Submits lines one after another. */
function submit(lines: readonly string[], session: Session = fresh): { session: Session; effects: Effect[] } {
  const effects: Effect[] = [];
  let current = session;
  for (const line of lines) {
    const next = submitLine(current, line);
    current = next.session;
    effects.push(...next.effects);
  }
  return { session: current, effects };
}

const printed = (lines: readonly string[], session = fresh) =>
  submit(lines, session).effects.map((effect) => ('text' in effect ? effect.text : effect.type));

describe('a message', () => {
  it('is any line that is not a command', () => {
    expect(submit(['Hello there ']).effects).toEqual([{ type: 'chat', message: 'Hello there ' }]);
    expect(submit([' /bye']).effects).toEqual([{ type: 'chat', message: ' /bye' }]);
  });

  it('is not sent if it is empty', () => {
    expect(submit(['', '   ']).effects).toEqual([]);
    expect(submit(['"""', '"""']).effects).toEqual([{ type: 'note', text: 'The message is empty.' }]);
  });

  it('may have several lines between triple quotes', () => {
    const opened = submit(['"""one', '', '/bye']);
    expect(opened.effects).toEqual([]);
    expect(opened.session.openText?.purpose).toBe('message');
    const closed = submit(['four"""'], opened.session);
    expect(closed.effects).toEqual([{ type: 'chat', message: 'one\n\n/bye\nfour' }]);
    expect(closed.session.openText).toBeUndefined();
  });

  it('may open and close its quotes on one line', () => {
    expect(submit(['"""one line"""']).effects).toEqual([{ type: 'chat', message: 'one line' }]);
  });

  it('may be pasted', () => {
    expect(submit(['a\nb']).effects).toEqual([{ type: 'chat', message: 'a\nb' }]);
  });
});

describe('Ctrl-C', () => {
  it('explains how to leave on an empty line', () => {
    expect(interrupt(fresh, true).effects).toEqual([
      { type: 'print', text: '\nUse Ctrl + d or /bye to exit.' },
    ]);
    expect(interrupt(fresh, false).effects).toEqual([]);
  });

  it('discards an open text', () => {
    const { session } = submit(['"""one']);
    expect(interrupt(session, false).session.openText).toBeUndefined();
  });
});

describe('commands', () => {
  it.each<[string, Effect]>([
    ['/bye', { type: 'exit' }],
    ['/exit', { type: 'exit' }],
    ['/bye!', { type: 'exit' }],
    ['/list', { type: 'list', prefix: undefined }],
    ['/list smol', { type: 'list', prefix: 'smol' }],
    ['/load other', { type: 'load', model: 'other' }],
    ['/loadfoo other', { type: 'load', model: 'other' }],
    ['/save mine', { type: 'save', model: 'mine' }],
    ['/show info', { type: 'show', section: 'info' }],
    ['/show  template ', { type: 'show', section: 'template' }],
    ['/set history', { type: 'history', isKept: true }],
    ['/set nohistory', { type: 'history', isKept: false }],
    ['/load', { type: 'print', text: 'Usage:\n  /load <modelname>' }],
    ['/save a b', { type: 'print', text: 'Usage:\n  /save <modelname>' }],
    ['/by', { type: 'print', text: "Unknown command '/by'. Type /? for help" }],
    ['/', { type: 'print', text: "Unknown command '/'. Type /? for help" }],
    ['/set x y', { type: 'print', text: "Unknown command '/set x'. Type /? for help" }],
    ['/set toString', { type: 'print', text: "Unknown command '/set toString'. Type /? for help" }],
    ['/show x', { type: 'print', text: "Unknown command '/show x'. Type /? for help" }],
  ])('%s', (line, effect) => {
    expect(submit([line])).toEqual({ session: fresh, effects: [effect] });
  });

  it.each([
    ['/?', '/load'],
    ['/help', '/bye'],
    ['/? set', 'nowordwrap'],
    ['/? /set', 'nowordwrap'],
    ['/set', 'nowordwrap'],
    ['/show', 'modelfile'],
    ['/? shortcuts', 'Ctrl + d'],
  ])('%s explains %s on standard error', (line, topic) => {
    const [effect] = submit([line]).effects;
    expect(effect).toEqual({ type: 'note', text: expect.stringContaining(topic) });
  });

  it('/clear clears the conversation and keeps the system message', () => {
    const turns = [{ role: 'user', content: 'x' }];
    const system = { role: 'system', content: 's' };
    const { session, effects } = submit(['/clear'], { ...fresh, system: 's', turns: [system, ...turns] });
    expect(session).toEqual({ ...fresh, system: 's', turns: [system] });
    expect(submit(['/clear'], { ...fresh, turns }).session).toEqual(fresh);
    expect(effects).toEqual([{ type: 'print', text: 'Cleared session context' }]);
  });
});

describe('a line that begins with a path', () => {
  const seeing = startSession('v', show(['completion', 'vision']), settings);

  it.each([
    '/home/me/cat.png what is this?',
    '/cat.jpg',
    '/home/my\\ cat.webp ?',
    '/set/one.png',
    '/a/b.wav, please',
  ])('%s is a message for a model that accepts files', (line) => {
    expect(submit([line], seeing).effects).toEqual([{ type: 'chat', message: line }]);
  });

  it('is an unknown command for a model of text', () => {
    const unknown = ["Unknown command '/home/me/cat.png'. Type /? for help"];
    expect(printed(['/home/me/cat.png what is this?'], fresh)).toEqual(unknown);
  });

  it.each([fresh, seeing])('is an unknown command if the file is of another kind', (session) => {
    const unknown = ["Unknown command '/home/cat.tif'. Type /? for help"];
    expect(printed(['/home/cat.tif'], session)).toEqual(unknown);
  });

  it('is still a command if it begins with one', () => {
    expect(submit(['/save /a/b.png'], seeing).effects).toEqual([{ type: 'save', model: '/a/b.png' }]);
  });

  it('is explained by the help if the model accepts files', () => {
    expect(printed(['/?'], seeing)[0]).toContain('.webp');
    expect(printed(['/?'], fresh)[0]).not.toContain('.webp');
  });
});

describe('/set', () => {
  it('reads parameters by their type', () => {
    const { session, effects } = submit([
      '/set parameter temperature 0.5',
      '/set parameter num_ctx 4096',
      '/set parameter stop A B',
    ]);
    expect(session.options).toEqual({ temperature: 0.5, num_ctx: 4096, stop: ['A', 'B'] });
    expect(effects.at(-1)).toEqual({ type: 'print', text: "Set parameter 'stop' to 'A, B'" });
  });

  it('uses the rest of the line for a parameter that may contain blanks', () => {
    const { session } = submit([
      '/set parameter logit_bias {"7": 1.5, "a b": false}',
      '/set parameter grammar root ::= "yes" | "no"',
    ]);
    expect(session.options).toEqual({
      logit_bias: [
        [7, 1.5],
        ['a b', false],
      ],
      grammar: 'root ::= "yes" | "no"',
    });
  });

  it('takes a stop text in double quotes as one, without its quotes', () => {
    const { session, effects } = submit(['/set parameter stop "a  b" c "d']);
    expect(session.options).toEqual({ stop: ['a  b', 'c', '"d'] });
    expect(effects.at(-1)).toEqual({ type: 'print', text: `Set parameter 'stop' to 'a  b, c, "d'` });
  });

  it.each([
    ['logit_bias 7', 'invalid JSON value [7]'],
    ['nope 1', `unknown parameter 'nope'`],
    ['seed x', 'invalid int value [x]'],
    ['top_p x', 'invalid float value [x]'],
    ['use_mmap x', 'invalid bool value [x]'],
    ['top_p 5', 'option "top_p" must be between 0 and 1, got 5'],
  ])('refuses the parameter %s', (text, reason) => {
    const { session, effects } = submit([`/set parameter ${text}`]);
    expect(session).toEqual(fresh);
    expect(effects).toEqual([{ type: 'print', text: `Couldn't set parameter: "${reason}"` }]);
  });

  it('accepts a system message of one or several lines as it is typed', () => {
    expect(submit(['/set system Be  brief.']).session.system).toBe('Be  brief.');
    const { session, effects } = submit(['/set system """Be', '  brief."""']);
    expect(session.system).toBe('Be\n  brief.');
    expect(effects).toEqual([{ type: 'print', text: 'Set system message.' }]);
  });

  it('sends the system message where it was set, and only the last of several in a row', () => {
    const hi = { role: 'user', content: 'Hi' };
    const { session } = submit(['/set system One', '/set system Two']);
    const two = { role: 'system', content: 'Two' };
    expect(chatRequest(session, hi).messages).toEqual([two, hi]);
    const used = addTurn(session, hi, { role: 'assistant', content: 'Ho' });
    const later = submit(['/set system Three'], used).session;
    expect(later.system).toBe('Three');
    const three = { role: 'system', content: 'Three' };
    expect(chatRequest(later, hi).messages).toEqual([
      two,
      hi,
      { role: 'assistant', content: 'Ho' },
      three,
      hi,
    ]);
  });

  it('treats an empty text as no system message', () => {
    expect(submit(['/set system One', '/set system """"""']).session).toEqual(fresh);
  });

  it.each([
    ['/set system', '/set system <text>'],
    ['/set parameter', '/set parameter num_ctx'],
    ['/set parameter seed', '/set parameter num_ctx'],
  ])('%s without a value explains it', (line, text) => {
    expect(submit([line]).effects).toEqual([{ type: 'note', text: expect.stringContaining(text) }]);
  });

  it.each(['/set format', '/set format xml'])('%s names the available format', (line) => {
    expect(printed([line])).toEqual(["Invalid or missing format. For 'json' mode use '/set format json'"]);
  });

  it('switches modes', () => {
    const lines = ['/set verbose', '/set nowordwrap', '/set format json', '/set think high'];
    const { session } = submit(lines, thinker);
    expect(session).toMatchObject({ verbose: true, wordWrap: false, format: 'json', think: 'high' });
    expect(printed(lines, thinker)).toEqual([
      "Set 'verbose' mode.",
      "Set 'nowordwrap' mode.",
      "Set format to 'json' mode.",
      "Set 'think' mode to 'high'.",
    ]);
    const back = submit(['/set quiet', '/set wordwrap', '/set noformat', '/set nothink'], session).session;
    expect(back).toEqual({ ...thinker, format: undefined, think: false });
  });

  it('warns if the model cannot think', () => {
    const warning = 'warning: model "m" does not support thinking output';
    expect(printed(['/set think'])).toEqual([warning, "Set 'think' mode."]);
    expect(printed(['/set nothink'])).toEqual([warning, "Set 'nothink' mode."]);
    expect(printed(['/set think'], thinker)).toEqual(["Set 'think' mode."]);
    expect(submit(['/set think loud'], thinker).session).toBe(thinker);
  });
});
