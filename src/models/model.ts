import type { Capability, Message, ModelDetails, ModelLengths } from '../api/common.ts';
import type { ModelOptions } from '../api/options/options.ts';
import type { PromptSource } from '../chat/format/prompt-source.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import type { EncodedSenses } from '../gguf/projector/encoded-types.ts';
import type { ProjectorFacts } from '../gguf/projector-facts.ts';
import type { Digest } from '../names/digest.ts';
import type { ModelName } from '../names/model-name.ts';
import type { ModelConfig } from './model-config.ts';

/** The first projector of a model, or the encoders inside its weights. */
export interface ModelProjector {
  readonly path: string;
  readonly digest: Digest;
  readonly facts: ProjectorFacts;
  /** What the engine can encode with it. */
  readonly senses: EncodedSenses;
  /** Whether the file is the model's weights. */
  readonly isInWeights: boolean;
}

/** A stored model: everything its manifest names, read and checked. */
export interface Model {
  readonly name: ModelName;
  /** SHA-256 of the manifest, 64 hex digits. */
  readonly digest: string;
  readonly weightsPath: string;
  readonly weightsDigest: Digest;
  readonly adapterPaths: readonly string[];
  /** Total bytes of all adapters. */
  readonly adapterBytes: number;
  /** Small models that draft tokens for this one. */
  readonly draftPaths: readonly string[];
  /** Facts of the first of them; absent = none, or its file is unusable. */
  readonly draftFacts?: GgufFacts;
  readonly projectorPaths: readonly string[];
  /** What encodes pictures or sound for the model; absent = nothing, or nothing that can be used. */
  readonly projector?: ModelProjector;
  /** Why the projector that the model has cannot be used. */
  readonly projectorProblem?: string;
  readonly config: ModelConfig;
  /** The default options of the model; those of a request override them. */
  readonly parameters: ModelOptions;
  /** The text of TEMPLATE, as stored. */
  readonly template?: string;
  readonly promptSource: PromptSource;
  /** "" when the model has no system message. */
  readonly system: string;
  readonly messages: readonly Message[];
  readonly licenses: readonly string[];
  readonly facts: GgufFacts;
  readonly capabilities: readonly Capability[];
  /** Total bytes of all layers and the config. */
  readonly size: number;
  readonly modifiedAt: Date;
  readonly details: ModelDetails;
  readonly lengths: ModelLengths;
}
