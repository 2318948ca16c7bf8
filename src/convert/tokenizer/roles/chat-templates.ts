import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import type { GgufValue } from '../../../gguf/types.ts';
import { listOf } from '../../../gguf/writer.ts';
import { tokenizerLimits } from '../limits.ts';
import { damaged, type TokenizerFiles } from '../tokenizer-files.ts';

interface NamedTemplate {
  readonly name: string;
  readonly template: string;
}

const DEFAULT = 'default';
const FOLDER = 'additional_chat_templates';

/**
 * The chat templates of a folder. Like transformers, and unlike llama.cpp's converter, chat_template.jinja comes before
 * tokenizer_config.json: today's transformers writes the file only, and a template left in the settings is an older one.
 */
export async function readChatTemplates(
  files: TokenizerFiles,
  settings: JsonObject | undefined,
): Promise<readonly NamedTemplate[]> {
  const separate = await templateFiles(files);
  if (separate.length > 0) return separate;
  const { chat_template: inner } = settings ?? {};
  if (inner !== undefined && inner !== null) return templatesOf('tokenizer_config.json', inner);
  const json = await files.json('chat_template.json', tokenizerLimits.templateBytes);
  return json?.chat_template ? templatesOf('chat_template.json', json.chat_template) : [];
}

async function templateFiles(files: TokenizerFiles): Promise<NamedTemplate[]> {
  const main = await files.text('chat_template.jinja');
  if (main === undefined) return [];
  const others = files.within(FOLDER, '.jinja').slice(0, tokenizerLimits.templates);
  const named = await Promise.all(
    others.map(async ({ name }) => ({
      name: name.slice(FOLDER.length + 1, -'.jinja'.length),
      template: (await files.text(name)) ?? '',
    })),
  );
  return [{ name: DEFAULT, template: main }, ...named];
}

/** A template alone, or a list of them with their names. */
function templatesOf(file: string, value: unknown): NamedTemplate[] {
  if (typeof value === 'string') return [{ name: DEFAULT, template: value }];
  if (!Array.isArray(value)) throw damaged(file, 'has a "chat_template" that is neither a text nor a list');
  if (value.length > tokenizerLimits.templates) {
    throw damaged(file, `has more than ${tokenizerLimits.templates} chat templates`);
  }
  return value.flatMap((entry: unknown) => {
    const { name, template }: JsonObject = isJsonObject(entry) ? entry : {};
    return typeof name === 'string' && name !== '' && typeof template === 'string'
      ? [{ name, template }]
      : [];
  });
}

/** The keys of the templates: those with names first, then their list, then the one that is used by default. */
export function chatTemplateMetadata(templates: readonly NamedTemplate[]): (readonly [string, GgufValue])[] {
  const named = new Map<string, string>();
  let usual: string | undefined;
  for (const { name, template } of templates) {
    const safe = name.replaceAll(/[^A-Za-z0-9]/g, '_');
    if (safe === DEFAULT) usual = template;
    else named.set(safe, template);
  }
  return [
    ...[...named].map(
      ([name, value]) => [`tokenizer.chat_template.${name}`, { type: 'string', value }] as const,
    ),
    ...(named.size > 0 ? [['tokenizer.chat_templates', listOf('string', [...named.keys()])] as const] : []),
    ...(usual === undefined ? [] : [['tokenizer.chat_template', { type: 'string', value: usual }] as const]),
  ];
}
