import { OllamaError } from '../../base/errors.ts';
import type { GgufValue } from '../../gguf/types.ts';
import { familyOf } from '../families/families.ts';
import type { Family, PlanScope, SourceTensor } from '../families/family.ts';
import type { Config } from '../hugging-face/config.ts';
import { Folder } from '../hugging-face/folder.ts';
import { generationParameters } from '../hugging-face/generation-parameters.ts';
import { architectureOf, completeConfig } from '../hugging-face/read-config.ts';
import { readSentenceTransformers } from '../hugging-face/sentence-transformers.ts';
import { withReadableMessages } from '../readable-messages.ts';
import type { SourceFile } from '../source-file.ts';
import { readVocabulary } from '../tokenizer/read-vocabulary.ts';
import type { Vocabulary } from '../tokenizer/vocabulary.ts';
import { checkComplete } from './check-complete.ts';
import { checkCounts } from './check-counts.ts';
import { checkNeededKeys } from './check-needed-keys.ts';
import { checkShapes } from './check-shapes.ts';
import { checkValues } from './check-values.ts';
import type { ConvertPlan, OutputType } from './convert-plan.ts';
import { isEightBitFloat } from './dequantize.ts';
import { engineName, namedVocabulary } from './engine-name.ts';
import { generalMetadata } from './general-metadata.ts';
import { mapTensors } from './map-tensors.ts';
import { entriesOf } from './metadata-entries.ts';
import { modelName } from './model-name.ts';
import { type PlannedTensor, planTensors } from './plan-tensors.ts';
import { readSources } from './read-sources.ts';
import { sizeLabel } from './size-label.ts';
import { fileTypeOf, resolveType } from './tensor-types.ts';

/** llama.cpp's `LLAMA_MAX_LAYERS`. */
const MAX_LAYERS = 512;

/** `general.quantization_version`: ggml's `GGML_QNT_VERSION`. */
const QUANTIZATION_VERSION = 2;

interface ConversionOptions {
  readonly type: OutputType;
}

/**
 * Plans the conversion of a folder of safetensors. Reads the settings, the tokenizer and the headers, not the weights.
 * @throws OllamaError `invalid-request` when the engine could not compute the model as its authors mean it; names the file,
 *   setting or tensor
 */
export function planConversion(
  files: readonly SourceFile[],
  options: ConversionOptions,
): Promise<ConvertPlan> {
  return withReadableMessages(() => planFolder(files, options));
}

async function planFolder(
  files: readonly SourceFile[],
  { type: requested }: ConversionOptions,
): Promise<ConvertPlan> {
  const folder = new Folder(files);
  const settings = await folder.config();
  const source = architectureOf(settings);
  const family = familyOf(source);
  const stated = completeConfig(settings, family);
  refuseUnsupported(family, stated);
  const { pooling, warnings } = await readSentenceTransformers(folder, family.embeds);
  const sources = await readSources(folder, family, stated);
  const { config } = sources;
  const layers = layersOf(config);
  checkComplete(family, config, layers, new Set(sources.tensors.map(({ name }) => name)));
  const vocabularySize = config.optionalInteger('vocab_size');
  const vocabulary = await readVocabulary({
    files,
    style: family.tokenizer,
    config: settings,
    vocabularySize,
  });
  const type = resolveType(requested, sources.tensors);
  const scope = {
    config,
    folder,
    layers,
    tokenCount: vocabulary.tokenCount,
    fileType: fileTypeOf(type),
    ...(pooling !== undefined && { pooling }),
  };
  const planned = planTensors(tensorsOf(family, scope, sources.tensors), type, family);
  checkShapes(family, config, vocabulary.tokenCount, planned);
  const metadata = await metadataOf(family, scope, planned, vocabulary);
  const tensors = planned.map(({ job }) => job);
  checkNeededKeys(family, new Set(metadata.map(([key]) => key)));
  checkCounts(new Map(metadata), family.architecture, tensors);
  checkValues(new Map(metadata), family.architecture);
  return {
    metadata,
    tensors,
    vocabulary,
    report: {
      source,
      dropped: sources.dropped,
      warnings: [...messagesOf(family.warnings, config), ...warnings, ...vocabulary.warnings],
      parameters: generationParameters(await folder.settings('generation_config.json')),
      ...(sources.tensors.some(isEightBitFloat) && { preferredType: 'Q8_0' }),
    },
  };
}

function refuseUnsupported(family: Family, config: Config): void {
  const [message] = messagesOf(family.checks, config);
  if (message !== undefined) throw new OllamaError('invalid-request', message);
}

function messagesOf(checks: Family['checks'], config: Config): readonly string[] {
  return (checks ?? []).map((check) => check(config)).filter((message) => message !== undefined);
}

function layersOf(config: Config): number {
  const names = ['n_layers', 'num_hidden_layers', 'n_layer', 'num_layers'];
  const further = config.optionalInteger('predicting_layers') ?? 0;
  return config.integer(names, { minimum: 1, maximum: MAX_LAYERS - further }) + further;
}

function tensorsOf(family: Family, scope: PlanScope, sources: readonly SourceTensor[]) {
  const { config, layers, tokenCount } = scope;
  const extra = family.extra?.(scope) ?? [];
  return [...extra, ...mapTensors({ family, config, layers, tokenCount }, sources)];
}

/** A key that is written twice keeps its first place and gets its last value, as in the reference. */
async function metadataOf(
  family: Family,
  scope: PlanScope,
  planned: readonly PlannedTensor[],
  vocabulary: Vocabulary,
): Promise<readonly (readonly [string, GgufValue])[]> {
  const sized = planned.map(({ job, shape }) => ({ name: job.name, shape }));
  const { architecture } = family;
  const [first, ...general] = await generalMetadata(scope.folder, {
    architecture,
    name: engineName(modelName(scope.config), namedVocabulary(vocabulary)),
    sizeLabel: sizeLabel(sized),
  });
  return [
    ...new Map<string, GgufValue>([
      ...(first ? [first] : []),
      ...entriesOf(family.earlyMetadata ?? [], scope, architecture),
      ...general,
      ...entriesOf(family.metadata, scope, architecture),
      ['general.quantization_version', { type: 'u32', value: QUANTIZATION_VERSION }],
      ...vocabulary.metadata,
    ]),
  ];
}
