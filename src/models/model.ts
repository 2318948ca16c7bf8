import type { Capability, Message, ModelDetails } from '../api/common.ts';
import type { ModelOptions } from '../api/options/options.ts';
import type { PromptSource } from '../chat/format/prompt-source.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import type { Digest } from '../names/digest.ts';
import type { ModelName } from '../names/model-name.ts';
import type { ModelConfig } from './model-config.ts';

/** A stored model, understood: what its manifest names, read and checked. */
export interface Model {
  readonly name: ModelName;
  /** SHA-256 of the manifest, 64 hex digits. */
  readonly digest: string;
  readonly weightsPath: string;
  readonly weightsDigest: Digest;
  readonly adapterPaths: readonly string[];
  /** Bytes of all adapters. */
  readonly adapterBytes: number;
  /** Small models that guess ahead for this one. */
  readonly draftPaths: readonly string[];
  readonly projectorPaths: readonly string[];
  readonly config: ModelConfig;
  /** Its own defaults, below those of a request. */
  readonly parameters: ModelOptions;
  /** After TEMPLATE, as stored. */
  readonly template?: string;
  readonly promptSource: PromptSource;
  /** "" when there is none. */
  readonly system: string;
  readonly messages: readonly Message[];
  readonly licenses: readonly string[];
  readonly facts: GgufFacts;
  readonly capabilities: readonly Capability[];
  /** Bytes of all layers and the config. */
  readonly size: number;
  readonly modifiedAt: Date;
  readonly details: ModelDetails;
}
