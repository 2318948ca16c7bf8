import { describe, expect, it } from 'vitest';
import { savedModel } from './effects.ts';
import { addTurn, chatRequest, type Session, switchModel } from './session.ts';
import { showText } from './show-text.ts';

const session: Session = {
  model: 'm',
  canThink: true,
  think: 'high',
  modelMessages: [{ role: 'user', content: 'Who are you?' }],
  turns: [],
  wordWrap: true,
  verbose: false,
  hideThinking: false,
  options: {},
};
const question = { role: 'user', content: 'Why?' };
const reply = { role: 'assistant', content: 'Because.' };
const show = {
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
};

describe('a session', () => {
  it('remembers what was said', () => {
    const next = addTurn(session, question, reply);
    const again = { role: 'user', content: 'Really?' };
    expect(chatRequest(next, again).messages).toEqual([question, reply, again]);
  });

  it('forgets a message that got no answer', () => {
    expect(addTurn(session, question, { role: 'assistant', content: '' })).toBe(session);
  });

  it('sends its settings, and nothing that is not set', () => {
    const set: Session = { ...session, format: 'json', keepAlive: '5m', options: { seed: 1 } };
    expect(chatRequest(set, question)).toEqual({
      model: 'm',
      messages: [question],
      options: { seed: 1 },
      format: 'json',
      think: 'high',
      keep_alive: '5m',
    });
    expect(chatRequest({ ...session, think: undefined }, question)).toEqual({
      model: 'm',
      messages: [question],
      options: {},
    });
  });

  it('starts anew with another model, thinking only where that one can', () => {
    const used = addTurn({ ...session, system: 'Be brief.' }, question, reply);
    const next = switchModel(used, 'other', show);
    expect(next).toEqual({
      ...used,
      model: 'other',
      canThink: false,
      think: undefined,
      modelMessages: [],
      turns: [],
    });
  });

  it('is saved with what was set and said', () => {
    const used = addTurn({ ...session, system: 'Be brief.', options: { seed: 1 } }, question, reply);
    expect(savedModel(used, 'mine')).toEqual({
      model: 'mine',
      from: 'm',
      system: 'Be brief.',
      parameters: { seed: 1 },
      messages: [...session.modelMessages, question, reply],
    });
    expect(savedModel({ ...session, modelMessages: [] }, 'mine')).toEqual({ model: 'mine', from: 'm' });
  });
});

describe('/show', () => {
  it('says so when there is nothing to show', () => {
    expect(showText('license', show, session)).toBe('No license was specified for this model.\n');
    expect(showText('system', show, session)).toBe('No system message was specified for this model.\n');
    expect(showText('template', show, session)).toBe('No prompt template was specified for this model.\n');
    expect(showText('parameters', show, session)).toBe(
      'Model defined parameters:\n  No additional parameters were specified for this model.\n\n',
    );
  });

  it("prefers the user's system message", () => {
    const withSystem = { ...show, system: 'Be kind.' };
    expect(showText('system', withSystem, session)).toBe('Be kind.\n');
    expect(showText('system', withSystem, { ...session, system: 'Be brief.' })).toBe('Be brief.\n');
  });

  it("lists the model's parameters and the user's", () => {
    const parameters = 'seed                           1\nstop                           "x"';
    const options = { stop: ['a', 'b'], top_k: 3 };
    expect(showText('parameters', { ...show, parameters }, { ...session, options })).toBe(
      `Model defined parameters:
  seed                           1
  stop                           "x"

User defined parameters:
  stop                           a
  stop                           b
  top_k                          3

`,
    );
  });
});
