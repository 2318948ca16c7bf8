import type { Capability, Message, ModelDetails, ModelLengths } from '../api/common.ts';
import type { ModelOptions } from '../api/options/options.ts';
import type { PromptSource } from '../chat/format/prompt-source.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import type { Digest } from '../names/digest.ts';
import type { ModelName } from '../names/model-name.ts';
import type { ModelConfig } from './model-config.ts';

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
  readonly projectorPaths: readonly string[];
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
