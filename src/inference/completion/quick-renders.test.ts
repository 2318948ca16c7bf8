import { describe, expect, it } from 'vitest';
import type { PromptInput } from '../../chat/format/chat-format.ts';
import type { FormatSource } from '../../chat/format/format-source.ts';
import { standardShape } from '../../chat/shape/message-shape.ts';
import { QUICK_LIMITS, QuickRenders } from './quick-renders.ts';

const jinja = (text: string): FormatSource => ({
  from: 'model',
  source: { kind: 'jinja', text, parser: undefined },
  model: { name: 'm', parameterCount: 1 },
});
const simple = jinja('{% for m in messages %}<{{ m.content }}>{% endfor %}');
const prompt = (content: string, more: Partial<PromptInput> = {}): PromptInput => ({
  messages: [{ role: 'user', content }],
  tools: [],
  think: undefined,
  bosToken: '',
  eosToken: '',
  ...more,
});

const input = (format: FormatSource, asked: PromptInput) => ({
  format,
  facts: { shape: standardShape },
  prompt: asked,
});

/** Only the steps are limited here: a busy machine may take any time. */
const limits = { ...QUICK_LIMITS, milliseconds: 60_000 };

function proven(format: FormatSource): QuickRenders {
  const renders = new QuickRenders(limits);
  renders.learn(input(format, prompt('hi')), 1);
  return renders;
}

describe('QuickRenders', () => {
  it('renders with a template that a worker has rendered quickly', () => {
    expect(new QuickRenders(limits).tryRender(input(simple, prompt('hi')))).toBeUndefined();
    expect(proven(simple).tryRender(input(simple, prompt('hi')))).toBe('<hi>');
  });

  it('leaves to the workers what was slow there, what is long, and templates of requests', () => {
    const renders = proven(simple);
    expect(renders.tryRender(input(simple, prompt('x'.repeat(20_000))))).toBeUndefined();
    const tools = [{ type: 'function', function: { name: 'now' } }] as const;
    expect(renders.tryRender(input(simple, prompt('hi', { tools })))).toBeUndefined();
    renders.learn(input(simple, prompt('hi')), 1000);
    expect(renders.tryRender(input(simple, prompt('hi')))).toBeUndefined();
    const own: FormatSource = { from: 'request', text: '{{ .Prompt }}', parser: undefined };
    expect(proven(own).tryRender(input(own, prompt('hi')))).toBeUndefined();
    const long = jinja(`{# ${'x'.repeat(40_000)} #}`);
    expect(proven(long).tryRender(input(long, prompt('hi')))).toBeUndefined();
  });

  it('stops a template that suddenly takes long, and does not try it again', () => {
    const sly = jinja(
      "{% for m in messages %}{% if m.content == 'now' %}{% for i in range(900000) %}{{ i }}{% endfor %}{% endif %}{{ m.content }}{% endfor %}",
    );
    const renders = proven(sly);
    expect(renders.tryRender(input(sly, prompt('hi')))).toBe('hi');
    expect(renders.tryRender(input(sly, prompt('now')))).toBeUndefined();
    expect(renders.tryRender(input(sly, prompt('hi')))).toBeUndefined();
  });
});
