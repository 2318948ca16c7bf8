import type { ImportedPart, ShowRequest, ShowResponse } from '../api/show.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { Model } from './model.ts';
import type { ModelConfig } from './model-config.ts';
import { modelInfo } from './model-info.ts';
import { modelfileText, type ShownFiles } from './modelfile-text.ts';
import { parametersText } from './parameters-text.ts';

/**
 * Describes a model in full. `system` of the request replaces the model's own, and `options` are merged over its
 * parameters.
 * @throws OllamaError `invalid-request` when its GGUF file has become unreadable
 */
export async function showModel(
  model: Model,
  request: ShowRequest,
  files: ShownFiles = 'by path',
): Promise<ShowResponse> {
  const verbose = request.verbose ?? false;
  const { config, facts } = model;
  const file = await readGgufFile(model.weightsPath, { arrays: verbose ? 'keep' : 'skip' });
  const shown: Model = {
    ...model,
    system: request.system || model.system,
    parameters: { ...model.parameters, ...request.options },
  };
  return {
    ...textFields({
      license: model.licenses.join('\n'),
      modelfile: modelfileText(shown, files),
      parameters: parametersText(shown.parameters),
      template: shownTemplate(model),
      system: shown.system,
      renderer: config.renderer,
      parser: config.parser,
      requires: config.requires,
    }),
    details: model.details,
    ...(model.messages.length > 0 && { messages: [...model.messages] }),
    model_info: modelInfo(file, facts.parameterCount, verbose),
    ...(await projectorFields(model, verbose)),
    tensors: file.tensors.map(({ name, typeName, shape }) => ({ name, type: typeName, shape: [...shape] })),
    capabilities: [...model.capabilities],
    modified_at: model.modifiedAt.toISOString(),
    ...(verbose && config.imported && { imported: config.imported.map(shownPart) }),
  };
}

function shownPart({
  dropped,
  warnings,
  ...part
}: NonNullable<ModelConfig['imported']>[number]): ImportedPart {
  return { ...part, dropped: [...dropped], ...(warnings && { warnings: [...warnings] }) };
}

/** The template in use, or a pass-through Go template when there is none. */
function shownTemplate({ promptSource: source, template }: Model): string {
  return source.kind === 'go' || source.kind === 'jinja' ? source.text : (template ?? '{{ .Prompt }}');
}

async function projectorFields(
  model: Model,
  verbose: boolean,
): Promise<Pick<ShowResponse, 'projector_info'>> {
  const [path] = model.projectorPaths;
  if (path === undefined) return {};
  const file = await readGgufFile(path, { arrays: verbose ? 'keep' : 'skip' });
  const parameterCount = file.tensors.reduce(
    (total, { shape }) => total + shape.reduce((a, b) => a * b, 1),
    0,
  );
  return { projector_info: modelInfo(file, parameterCount, verbose) };
}

/** Drops empty fields. */
function textFields<Key extends string>(fields: Record<Key, string | undefined>): { [K in Key]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value)) as { [K in Key]?: string };
}
