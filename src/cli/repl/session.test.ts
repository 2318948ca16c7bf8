import { describe, expect, it } from 'vitest';
import { savedModel } from './saved-model.ts';
import { addTurn, chatRequest, isMultimodal, type Session, setSystem, switchModel } from './session.ts';
import { showRequest, showText } from './show-text.ts';

const session: Session = {
  model: 'm',
  canThink: true,
  isMultimodal: false,
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
  it('remembers the conversation', () => {
    const next = addTurn(session, question, reply);
    const again = { role: 'user', content: 'Really?' };
    expect(chatRequest(next, again).messages).toEqual([question, reply, again]);
  });

  it('drops a message without an answer', () => {
    expect(addTurn(session, question, { role: 'assistant', content: '' })).toBe(session);
  });

  it('sends its settings, and omits those that are not set', () => {
    const set: Session = { ...session, format: 'json', keepAlive: '5m', options: { seed: 1 } };
    expect(chatRequest(set, question)).toEqual({
      model: 'm',
      messages: [question],
      options: { seed: 1 },
      verbose_metrics: true,
      format: 'json',
      think: 'high',
      keep_alive: '5m',
    });
    expect(chatRequest({ ...session, think: undefined }, question)).toEqual({
      model: 'm',
      messages: [question],
      options: {},
      verbose_metrics: true,
    });
  });

  it('restarts with another model, and thinks only if that model can', () => {
    const used = addTurn(setSystem(session, 'Be brief.'), question, reply);
    const next = switchModel(used, 'other', show);
    expect(next).toEqual({
      ...used,
      model: 'other',
      canThink: false,
      think: undefined,
      modelMessages: [],
      turns: [{ role: 'system', content: 'Be brief.' }],
    });
  });

  it('is saved with its settings and conversation', () => {
    const named = setSystem({ ...session, modelMessages: [], options: { seed: 1 } }, 'Be brief.');
    const saved = {
      model: 'mine',
      from: 'm',
      system: 'Be brief.',
      parameters: { seed: 1 },
    };
    expect(savedModel(named, 'mine')).toEqual(saved);
    const used = addTurn(named, question, reply);
    expect(savedModel(used, 'mine')).toEqual({ ...saved, messages: [question, reply] });
    const { modelMessages } = session;
    expect(savedModel({ ...used, modelMessages }, 'mine')).toEqual({
      ...saved,
      messages: [...modelMessages, { role: 'system', content: 'Be brief.' }, question, reply],
    });
    expect(savedModel({ ...session, modelMessages: [] }, 'mine')).toEqual({ model: 'mine', from: 'm' });
  });
});

describe('a model that accepts files', () => {
  it.each([
    ['reports vision', { capabilities: ['completion', 'vision'] }, true],
    ['reports audio', { capabilities: ['audio'] }, true],
    ['has a projector', { projector_info: { 'general.architecture': 'clip' } }, true],
    ['has vision metadata', { model_info: { 'gemma3.vision.block_count': 1 } }, true],
    ['has none of these', { capabilities: ['completion'], projector_info: {} }, false],
  ] as const)('%s', (_, facts, expected) => {
    expect(
      isMultimodal({
        ...show,
        ...facts,
        capabilities: [...('capabilities' in facts ? facts.capabilities : [])],
      }),
    ).toBe(expected);
  });
});

describe('/show', () => {
  it("requests the model with the session's settings", () => {
    const set = { ...session, system: 'Be brief.', options: { seed: 1 } };
    expect(showRequest('modelfile', set)).toEqual({ model: 'm', system: 'Be brief.', options: { seed: 1 } });
    expect(showRequest('parameters', set)).toEqual({ model: 'm' });
  });

  it('reports that there is nothing to show', () => {
    expect(showText('license', show, session)).toBe('No license was specified for this model.\n');
    expect(showText('system', show, session)).toBe('No system message was specified for this model.\n');
    expect(showText('template', show, session)).toBe('No prompt template was specified for this model.\n');
    expect(showText('parameters', show, session)).toBe(
      'Model defined parameters:\n  No additional parameters were specified for this model.\n\n',
    );
  });

  it("prefers the user's system message", () => {
    const withSystem = { ...show, system: 'Be kind.' };
    expect(showText('system', withSystem, session)).toBe('Be kind.\n\n');
    expect(showText('system', withSystem, { ...session, system: 'Be brief.' })).toBe('Be brief.\n\n');
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
