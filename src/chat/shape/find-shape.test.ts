import { describe, expect, it } from 'vitest';
import * as known from '../../../test/fakes/chats/jinja-templates.ts';
import { jinjaFacts } from '../format/format-facts.ts';
import { ChatTemplates } from '../jinja/jinja-templates.ts';
import { standardShape } from './message-shape.ts';

const templates = new ChatTemplates();

/** What differs from the standard. */
function found(template: string) {
  const { turns, data } = jinjaFacts(template, templates).shape;
  const usual = { ...standardShape.turns, ...standardShape.data };
  return Object.fromEntries(
    Object.entries({ ...turns, ...data }).filter(([name, value]) => Reflect.get(usual, name) !== value),
  );
}

const noCalls = { calls: 'text' };

describe('the shape of a Jinja template', () => {
  it.each([
    ['every role', known.lenientTemplate, noCalls],
    [
      'one system message and alternating roles',
      known.strictTemplate,
      { ...noCalls, results: false, system: 'start', joinsSystem: true, joinsNeighbours: true, opener: '' },
    ],
    ['no system', known.systemlessTemplate, { ...noCalls, system: 'nowhere' }],
    [
      'only the first system message',
      known.forgetfulTemplate,
      { ...noCalls, system: 'start', joinsSystem: true },
    ],
    ['system texts at the start only', known.gatheringTemplate, { ...noCalls, system: 'start' }],
    ['contents in parts', known.partsTemplate, { ...noCalls, content: 'parts' }],
    ['a system message always', known.instructedTemplate, { ...noCalls, needsSystem: true }],
    ['arguments as text', known.textArgumentsTemplate, { arguments: 'text' }],
    ['no content beside calls', known.noContentTemplate, { callContent: 'none' }],
    ['single calls with short IDs', known.narrowCallsTemplate, { calls: 'one', shortIds: true, bridge: '' }],
  ])('that takes %s', (_, template, expected) => {
    expect(found(template)).toEqual(expected);
  });

  it('names the role developer where the template does, and writes it', () => {
    expect(found(`{# developer #}${known.lenientTemplate}`)).toMatchObject({ developer: true });
    expect(found(`{# developer #}${known.strictTemplate}`)).not.toHaveProperty('developer');
  });

  it('is unknown when the template fails on plain turns', () => {
    const { failure } = jinjaFacts("{{ raise_exception('never') }}", templates);
    expect(failure).toContain('never');
    expect(() => jinjaFacts('{% if %}', templates)).toThrow(/line 1/);
  });
});
