import type { GgufValue } from '../../gguf/types.ts';
import type { Config } from '../hugging-face/config.ts';
import type { Folder } from '../hugging-face/folder.ts';
import type { SafeType } from '../safetensors/safe-tensor.ts';
import type { TensorData } from '../tensors/tensor-data.ts';
import type { TokenizerStyle } from '../tokenizer/vocabulary.ts';

/**
 * How the models of one family become GGUF, as data. In names of tensors, N stands for the number of a layer and E for that
 * of an expert.
 */
export interface Family {
  /** Names that "architectures" in config.json may have. */
  readonly names: readonly string[];
  /** `general.architecture`, and the prefix of the family's keys. */
  readonly architecture: string;
  /** Values of "model_type" whose defaults hold; the first one when config.json names none of them. */
  readonly modelTypes: readonly string[];
  readonly tokenizer: TokenizerStyle;
  /** In the order of the file. A later row with the same key replaces the value of the earlier row, at its place. */
  readonly metadata: readonly MetadataRow[];
  /**
   * Tensors by their name without `.weight` or `.bias`, which the tensor in the GGUF file keeps. A key may also be a whole
   * name, of tensors with another ending; then `to` is the whole name as well. Tensors that are not listed are refused, and
   * so is a folder that lacks the `.weight` of one that is.
   */
  readonly tensors: Readonly<Record<string, TensorRule>>;
  /** Keys of `tensors` that may be absent. */
  readonly optional?: readonly string[];
  /** Tensors that may have a `.bias`. */
  readonly biases?: readonly BiasRule[];
  readonly experts?: ExpertRule;
  readonly shapes?: ShapeTable;
  /** What is wrong with a model that the engine would compute wrongly, if anything. */
  readonly checks?: readonly ConfigCheck[];
  /** What users should know about a model, if anything. */
  readonly warnings?: readonly ConfigCheck[];
  /** Tensors that are made from the settings and written before all others. */
  readonly extra?: (scope: PlanScope) => readonly ExtraTensor[];
  /** Completes the settings with what the class of transformers computes. */
  readonly complete?: (config: Config) => Config;
  /** The name under which the table knows a tensor. */
  readonly rename?: (name: string, config: Config) => string;
  /** Tensors that are not needed, and the words for them; undefined for a tensor that is. */
  readonly leaveOut?: (name: string, config: Config) => string | undefined;
  /** Names of tensors that may be left out because they hold nothing but zeros, which is checked. */
  readonly zeros?: RegExp;
  /** Joins or changes tensors before they are looked up. */
  readonly sources?: (tensors: readonly SourceTensor[], config: Config) => readonly SourceTensor[];
  /** Settings that depend on which tensors there are. */
  readonly withTensors?: (config: Config, names: readonly string[]) => Config;
  /** Values of "quant_method" that `sources` reads. */
  readonly quantization?: readonly string[];
  /** Keys that the reference writes while it makes the extra tensors: before those of `metadata`, and before `general.type`. */
  readonly earlyMetadata?: readonly MetadataRow[];
  /** Keys that the engine needs beside those that it always does, without the architecture. */
  readonly neededKeys?: readonly string[];
  /** Whether models embed texts: all of the family, or those whose folder has settings of sentence-transformers. */
  readonly embeds?: 'always' | 'when-stated';
  /** Tensors that are F32 in this family beside those that always are; names in the GGUF file. */
  readonly keptAsF32?: RegExp;
}

/** A tensor before it is looked up in a family's table. */
export interface SourceTensor {
  readonly name: string;
  /** Type of its elements in the file, which decides the type of the output. */
  readonly type: SafeType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface ExtraTensor {
  /** Whole name in the GGUF file. */
  readonly name: string;
  readonly data: TensorData;
}

/** What tables may ask when a model is planned. */
export interface PlanScope {
  readonly config: Config;
  /** The model's files, for the settings that stand beside config.json. */
  readonly folder: Folder;
  readonly layers: number;
  /** Tokens of the vocabulary. */
  readonly tokenCount: number;
  /** Number of `general.file_type`. */
  readonly fileType: number;
  /** How the vectors of tokens become one: llama.cpp's `llama_pooling_type`. Absent for models that write text. */
  readonly pooling?: number;
}

/** Keys without the architecture in front, except for those that begin with `general.` or `tokenizer.`. */
export type MetadataEntry = readonly [key: string, value: GgufValue];
export type MetadataRow = (scope: PlanScope) => MetadataEntry | readonly MetadataEntry[] | undefined;

export type ConfigCheck = (config: Config) => string | undefined;

/** Where a tensor goes; a list where it is split. */
export type TensorRule = string | TensorTarget | readonly TensorTarget[];

export interface TensorTarget {
  readonly to: string;
  /** What happens to the values; nothing unless given. */
  readonly data?: (data: TensorData, scope: TensorScope) => TensorData;
  /** Layers that have the tensor; all unless given. Elsewhere it is refused. */
  readonly when?: (config: Config, layer: number) => boolean;
}

export interface TensorScope {
  readonly config: Config;
  /** Tokens of the vocabulary. */
  readonly tokenCount: number;
  readonly shape: readonly number[];
}

/** Shapes of weights in Hugging Face's order, by their name in the GGUF file without `.weight`. */
export type ShapeTable = Readonly<Record<string, (config: Config) => readonly number[]>>;

interface BiasRule {
  /** Keys of `tensors`. */
  readonly of: readonly string[];
  /** True, or the name of a setting that is true in models that must have it. */
  readonly required?: true | string;
}

/** Experts in tensors of their own, which become one tensor for all of them. */
export interface ExpertRule {
  /** Name of an expert without the part. */
  readonly from: string;
  /** Parts of an expert, without `.weight`, and where their stacks go. */
  readonly to: Readonly<Record<string, string>>;
  /** Settings, of which the first present one gives the number of experts. */
  readonly count: readonly string[];
  /** Layers that have experts; all unless given. */
  readonly when?: (config: Config, layer: number) => boolean;
}
