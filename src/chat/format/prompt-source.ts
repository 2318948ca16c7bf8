import { parserNamed } from '../families/families.ts';
import { GoChatTemplate } from '../go-template/go-chat-template.ts';
import { type Ability, goAbilities, isJinjaBetter, jinjaAbilities } from './template-abilities.ts';
import { isJinja } from './template-kind.ts';

/** Where the prompts of a model come from. `parser` is the name of the parser of its completions, if there is one. */
export type PromptSource =
  | { readonly kind: 'renderer'; readonly renderer: string; readonly parser: string | undefined }
  | { readonly kind: 'go'; readonly text: string; readonly parser: string | undefined }
  | {
      readonly kind: 'jinja';
      readonly text: string;
      /** For conversations with tools; absent if one template serves both. */
      readonly toolText?: string;
      readonly parser: string | undefined;
    }
  | { readonly kind: 'plain' };

export interface ChosenSource {
  readonly source: PromptSource;
  readonly abilities: readonly Ability[];
}

/** The templates and names in a model's Modelfile and GGUF file. Empty texts count as absent. */
export interface TemplateFacts {
  /** The values of RENDERER and PARSER. */
  readonly renderer?: string | undefined;
  readonly parser?: string | undefined;
  /** The value of TEMPLATE, in Go's template language or in Jinja. */
  readonly template?: string | undefined;
  /** The Jinja template in the GGUF file. */
  readonly chatTemplate?: string | undefined;
  /** Its template named "tool_use", for conversations with tools. */
  readonly toolTemplate?: string | undefined;
  /** The architecture of the weights. */
  readonly family: string;
}

/** `auto`: the template that supports more. `go`: TEMPLATE if there is one. `jinja`: the GGUF's template if there is one. */
export type TemplateChoice = 'auto' | 'go' | 'jinja';

/**
 * Chooses RENDERER if there is one; then TEMPLATE, unless the GGUF's own template is better or preferred. Never throws: a
 * broken template is reported when it is used.
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
  const { renderer, parser: named, template, chatTemplate, toolTemplate } = facts;
  const written = template ? templateOf(template) : undefined;
  const parser = named || (written && isHarmony(facts) ? 'harmony' : undefined);
  const ofGo = written?.go ? goAbilities(written.go) : [];
  if (renderer) return { source: { kind: 'renderer', renderer, parser }, abilities: ofGo };
  const jinja = (text: string) => ({
    source: { kind: 'jinja', text, parser } as const,
    abilities: jinjaAbilities(text),
  });
  const own = (text: string): ChosenSource => {
    if (!toolTemplate) return jinja(text);
    const source = { kind: 'jinja', text, toolText: toolTemplate, parser } as const;
    return { source, abilities: jinjaAbilities(text + toolTemplate) };
  };
  if (
    written &&
    (parser || !chatTemplate || takesWritten(written, chatTemplate + (toolTemplate ?? ''), choice))
  ) {
    if (written.kind === 'jinja') return jinja(written.text);
    return { source: { kind: 'go', text: written.text, parser }, abilities: ofGo };
  }
  return chatTemplate ? own(chatTemplate) : { source: { kind: 'plain' }, abilities: [] };
}

interface WrittenTemplate {
  readonly kind: 'go' | 'jinja';
  readonly text: string;
  /** Absent for Jinja and for a broken template. */
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

/** Whether to take TEMPLATE if the GGUF file has a template as well. */
function takesWritten(
  { kind, text, go }: WrittenTemplate,
  chatTemplate: string,
  choice: TemplateChoice,
): boolean {
  if (choice !== 'auto') return choice === 'go';
  if (kind === 'jinja') return true;
  return go !== undefined && !isJinjaBetter(chatTemplate, go, text);
}

/** Templates of gpt-oss are written for the parser `harmony`, which older packages do not name. */
function isHarmony({ family, template = '' }: TemplateFacts): boolean {
  return isGptOss(family) && template.includes('<|start|>') && template.includes('<|end|>');
}

function isGptOss(family: string): boolean {
  return family === 'gptoss' || family === 'gpt-oss';
}
