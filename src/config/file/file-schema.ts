/** The schema of a config file: it checks the values, and docs/config.schema.json is generated from it. */
import { z } from 'zod';
import { optionsJsonSchema } from '../../api/options/option-schema.ts';
import { isOptionName, optionRules } from '../../api/options/option-table.ts';
import { parseOptions } from '../../api/options/options.ts';
import { messageOf } from '../../base/errors.ts';
import { nearestName } from '../nearest-name.ts';
import { MAX_PARALLEL } from '../settings/service.ts';
import { type FileForm, keepAliveSetting } from '../values.ts';
import { type FileSetting, type FileValue, fileSettings, fileText } from './file-keys.ts';
import { aliasProblems, misplacedProblems, modelNameProblems } from './file-names.ts';
import { keyProblems, keyShape } from './key-section.ts';
import type { Problem } from './problem.ts';
import { upstreamKeys, upstreamModelKeys, upstreamsField } from './upstream-section.ts';

type Check = z.core.$RefinementCtx;

function report(context: Check, problems: Iterable<Problem>): void {
  for (const { path, message, isOfKey = false } of problems) {
    context.addIssue({ code: 'custom', path: [...path], message, params: { isOfKey } });
  }
}

const durationForm = z
  .union([z.string(), z.number()], { error: 'must be a duration such as "5m", or a number of seconds' })
  .meta({ description: 'duration such as "5m", or a number of seconds' });

const listItem = z.string().regex(/^[^,]+$/, 'must be a string without commas');

function formSchema(form: FileForm | undefined): z.ZodType<FileValue> {
  switch (form?.kind) {
    case 'boolean':
      return z.boolean({ error: 'must be true or false' });
    case 'duration':
      return durationForm;
    case 'size':
      return z.union([z.string(), z.int().nonnegative()], {
        error: 'must be a size such as "1GiB", or a number of bytes',
      });
    case 'list':
      return z.union([z.array(listItem), z.string()], { error: 'must be a list of strings without commas' });
    case 'text':
      return z.string({ error: 'must be a string' });
    case 'level': {
      const error = 'must be 0, 1 or 2';
      return z.union([z.boolean(), z.int().min(0, { error }).max(2, { error })], { error });
    }
    case 'count': {
      const error = `must be a whole number from 0 to ${form.maximum}`;
      return z.int({ error }).min(0, { error }).max(form.maximum, { error });
    }
    case 'choice':
      return z.enum([...form.words], { error: `must be one of ${form.words.join(', ')}` });
    default:
      return z.union([z.string(), z.number(), z.boolean()], {
        error: 'must be a string, a number, true or false',
      });
  }
}

/** The parser's reason, without its ending about the fallback, which applies to the environment only. */
function refusal({ setting }: FileSetting, value: FileValue): string | undefined {
  const text = fileText(value);
  if (text === '') return undefined;
  return setting.parse(text, setting.default({})).warning;
}

function settingSchema(entry: FileSetting): z.ZodType<FileValue | null | undefined> {
  return formSchema(entry.form)
    .superRefine((value, context) => {
      const message = refusal(entry, value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .nullish()
    .meta({ description: entry.setting.help });
}

const keepAliveField = durationForm
  .superRefine((value, context) => {
    const message = keepAliveSetting(String(value), 0).warning;
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({
    description:
      'how long it stays in memory: a duration such as "5m", or a number of seconds; negative = forever',
  });

function* optionProblems(options: Readonly<Record<string, unknown>>): Generator<Problem> {
  for (const [name, value] of Object.entries(options)) {
    if (!isOptionName(name)) {
      const nearest = nearestName(name, Object.keys(optionRules));
      yield { isOfKey: true, path: [name], message: `is not an option; the nearest option is "${nearest}"` };
      continue;
    }
    try {
      parseOptions({ [name]: value });
    } catch (error) {
      yield { path: [name], message: messageOf(error) };
    }
  }
}

const optionsField = z
  .record(z.string(), z.unknown(), { error: 'must be a mapping of options' })
  .superRefine((options, context) => report(context, optionProblems(options)))
  .meta({ description: 'options as in a request, which override these', ...optionsJsonSchema });

const modelShape = {
  keep_alive: keepAliveField.exactOptional(),
  num_parallel: z
    .int()
    .min(1)
    .max(MAX_PARALLEL)
    .meta({ description: 'number of requests that it answers at the same time' })
    .exactOptional(),
  pin: z.boolean().meta({ description: 'whether it is never unloaded for another model' }).exactOptional(),
  preload: z.boolean().meta({ description: 'whether to load it when the server starts' }).exactOptional(),
  options: optionsField.exactOptional(),
};

const aliasShape = {
  model: z
    .string({ error: 'must be the name of a model' })
    .meta({ description: 'name of the model or alias that it stands for' }),
  keep_alive: keepAliveField.exactOptional(),
  options: optionsField.exactOptional(),
};

const mapping = { error: 'must be a mapping' };
const modelsField = z
  .record(z.string(), z.strictObject(modelShape), mapping)
  .superRefine((models, context) => report(context, modelNameProblems(Object.keys(models))))
  .nullish()
  .meta({ description: 'settings for individual models, by name' });
const aliasesField = z
  .record(z.string(), z.strictObject(aliasShape), mapping)
  .superRefine((aliases, context) => report(context, aliasProblems(aliases)))
  .nullish()
  .meta({ description: 'other names for models, with their own options' });

const keysField = z
  .array(z.strictObject(keyShape), { error: 'must be a list of keys' })
  .superRefine((keys, context) => report(context, keyProblems(keys)))
  .nullish()
  .meta({ description: 'API keys, each with the SHA-256 of its text' });

/** The sections of the file that are not plain settings, with their types. */
export const sectionsSchema = z.object({
  models: modelsField,
  aliases: aliasesField,
  keys: keysField,
  upstreams: upstreamsField,
});
export type FileSections = z.output<typeof sectionsSchema>;

export const configFileSchema = z
  .strictObject(
    {
      ...Object.fromEntries(fileSettings.map((entry) => [entry.fileKey, settingSchema(entry)])),
      models: modelsField,
      aliases: aliasesField,
      keys: keysField,
      upstreams: upstreamsField,
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'must be a mapping of settings' : undefined) },
  )
  .superRefine((content, context) => {
    const [models, aliases] = [content.models, content.aliases].map((part) => Object.keys(part ?? {}));
    report(context, misplacedProblems(models ?? [], aliases ?? []));
  });

/** Keys that are allowed at a path in the file. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  if (path[0] === 'models') return Object.keys(modelShape);
  if (path[0] === 'aliases') return Object.keys(aliasShape);
  if (path[0] === 'keys') return Object.keys(keyShape);
  if (path[0] === 'upstreams') return path.length > 2 ? upstreamModelKeys : upstreamKeys;
  return [...fileSettings.map(({ fileKey }) => fileKey), 'models', 'aliases', 'keys', 'upstreams'];
}
