import { parserNamed } from '../families/families.ts';
import { GoChatTemplate } from '../go-template/go-chat-template.ts';
import { type Ability, goAbilities, isJinjaBetter, jinjaAbilities } from './template-abilities.ts';
import { isJinja } from './template-kind.ts';

/** Where a model's prompts come from. `parser` names what reads its completions, if anything does. */
export type PromptSource =
  | { readonly kind: 'renderer'; readonly renderer: string; readonly parser: string | undefined }
  | { readonly kind: 'go' | 'jinja'; readonly text: string; readonly parser: string | undefined }
  | { readonly kind: 'plain' };

export interface ChosenSource {
  readonly source: PromptSource;
  readonly abilities: readonly Ability[];
}

/** What a model brings. Empty texts count as absent. */
export interface TemplateFacts {
  /** After RENDERER and PARSER. */
  readonly renderer?: string | undefined;
  readonly parser?: string | undefined;
  /** After TEMPLATE: Go's, or Jinja. */
  readonly template?: string | undefined;
  /** Jinja, inside of the GGUF file. */
  readonly chatTemplate?: string | undefined;
  /** The architecture of the weights. */
  readonly family: string;
}

/** `auto`: the template that can do more. `go`: TEMPLATE where there is one. `jinja`: the GGUF's where there is one. */
export type TemplateChoice = 'auto' | 'go' | 'jinja';

/**
 * A RENDERER before everything else; then TEMPLATE, unless the GGUF's own template is better or preferred. Never
 * throws: a broken template is found out when it is used.
 */
export function choosePromptSource(facts: TemplateFacts, choice: TemplateChoice): ChosenSource {
  const { source, abilities } = chooseTemplate(facts, choice);
  const parser = source.kind === 'plain' ? undefined : parserNamed(source.parser ?? '');
  const found = new Set(abilities);
  if (parser?.hasTools) found.add('tools');
  if (parser?.hasThinking || isGptOss(facts.family)) found.add('thinking');
  return { source, abilities: [...found] };
}

function chooseTemplate(facts: TemplateFacts, choice: TemplateChoice): ChosenSource {
  const { renderer, parser: named, template, chatTemplate } = facts;
  const written = template ? templateOf(template) : undefined;
  const parser = named || (written && isHarmony(facts) ? 'harmony' : undefined);
  const ofGo = written?.go ? goAbilities(written.go) : [];
  if (renderer) return { source: { kind: 'renderer', renderer, parser }, abilities: ofGo };
  const jinja = (text: string) => ({
    source: { kind: 'jinja', text, parser } as const,
    abilities: jinjaAbilities(text),
  });
  if (written && (parser || !chatTemplate || takesWritten(written, chatTemplate, choice))) {
    if (written.kind === 'jinja') return jinja(written.text);
    return { source: { kind: 'go', text: written.text, parser }, abilities: ofGo };
  }
  return chatTemplate ? jinja(chatTemplate) : { source: { kind: 'plain' }, abilities: [] };
}

interface WrittenTemplate {
  readonly kind: 'go' | 'jinja';
  readonly text: string;
  /** Absent for Jinja, and where it is broken. */
  readonly go?: GoChatTemplate;
}

function templateOf(text: string): WrittenTemplate {
  if (isJinja(text)) return { kind: 'jinja', text };
  try {
    return { kind: 'go', text, go: new GoChatTemplate(text) };
  } catch {
    return { kind: 'go', text };
  }
}

/** Where both are there. */
function takesWritten(
  { kind, text, go }: WrittenTemplate,
  chatTemplate: string,
  choice: TemplateChoice,
): boolean {
  if (choice !== 'auto') return choice === 'go';
  if (kind === 'jinja') return true;
  return go !== undefined && !isJinjaBetter(chatTemplate, go, text);
}

/** Templates of gpt-oss are written for one parser, which older packages do not name. */
function isHarmony({ family, template = '' }: TemplateFacts): boolean {
  return isGptOss(family) && template.includes('<|start|>') && template.includes('<|end|>');
}

function isGptOss(family: string): boolean {
  return family === 'gptoss' || family === 'gpt-oss';
}
