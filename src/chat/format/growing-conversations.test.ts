/** The prompt of a turn begins with that of the turn before, so that its state in the prefix cache can be used. */
import { describe, expect, it } from 'vitest';
import * as known from '../../../test/fakes/chats/jinja-templates.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds } from '../../../test/scale.ts';
import type { Message } from '../../api/common.ts';
import { rendererNames } from '../families/families.ts';
import { ChatFormats } from './chat-formats.ts';
import type { FormatSource } from './format-source.ts';

const formats = new ChatFormats();
const model = { name: 'm', parameterCount: 1 };
const jinja = (text: string): FormatSource => ({
  from: 'model',
  source: { kind: 'jinja', text, parser: undefined },
  model,
});
const go = (text: string): FormatSource => ({
  from: 'model',
  source: { kind: 'go', text, parser: undefined },
  model,
});

const goTemplates = {
  'system at the start':
    '{{ if .System }}<s>{{ .System }}{{ end }}{{ range .Messages }}{{ if eq .Role "user" }}<u>{{ .Content }}<a>{{ else if eq .Role "assistant" }}{{ .Content }}{{ end }}{{ end }}',
  'every role in its place': '{{ range .Messages }}<{{ .Role }}>{{ .Content }}{{ end }}<assistant>',
  both: '{{ .System }}{{ range .Messages }}{{ if eq .Role "system" }}<s>{{ .Content }}{{ else }}<{{ .Role }}>{{ .Content }}{{ end }}{{ end }}<assistant>',
};

const render = (format: FormatSource, messages: readonly Message[]) =>
  formats.from(format).render({ messages, tools: [], think: undefined, bosToken: '', eosToken: '' });

/** Turns as agents send them: instructions at the start, and reminders before or behind what the user says. */
function* growing(seed: number): Generator<Message[]> {
  const random = seededRandom(seed);
  let count = 0;
  const message = (role: string): Message => ({ role, content: `${role} ${++count}.` });
  const messages: Message[] = [];
  for (let left = Math.floor(random() * 3); left > 0; left--) {
    messages.push(message(random() < 0.5 ? 'system' : 'developer'));
  }
  for (let turn = 0; turn < 4; turn++) {
    if (turn > 0 && random() < 0.5) messages.push(message('system'));
    messages.push(message('user'));
    if (random() < 0.3) messages.push(message('user'));
    if (random() < 0.5) messages.push(message('system'));
    yield [...messages];
    messages.push(message('assistant'));
  }
}

function proveGrowth(format: FormatSource): void {
  for (let seed = 1; seed <= rounds({ change: 10, long: 50, nightly: 200 }); seed++) {
    let before = '';
    for (const messages of growing(seed)) {
      const prompt = render(format, messages);
      expect(prompt.startsWith(before), `seed ${seed}:\n${before}\n---\n${prompt}`).toBe(true);
      for (const { content } of messages) expect(prompt).toContain(content);
      // What follows only begins the answer, in which models think where the history has none of it.
      const last = messages.at(-1)?.content ?? '';
      before = prompt.slice(0, prompt.lastIndexOf(last) + last.length);
    }
  }
}

describe('a conversation with later system messages keeps its beginning and all of its texts', () => {
  it.each(Object.entries(known))('in the Jinja template %s', (_, text) => proveGrowth(jinja(text)));

  it.each(Object.entries(goTemplates))('in a Go template with %s', (_, text) => proveGrowth(go(text)));
});

describe('the renderer', () => {
  it.each([...rendererNames])('%s keeps the beginning of a conversation and all of its texts', (renderer) =>
    proveGrowth({ from: 'model', source: { kind: 'renderer', renderer, parser: undefined }, model }),
  );
});
