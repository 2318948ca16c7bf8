import type { Message } from '../../api/common.ts';
import type { ModelOptions } from '../../api/options/options.ts';
import { OllamaError } from '../../base/errors.ts';
import type { ModelName } from '../../names/model-name.ts';
import type { ModelConfig } from '../model-config.ts';

/** A stored model without weights, which a model on another server answers for. */
export interface RemoteModel {
  readonly name: ModelName;
  readonly digest: string;
  readonly config: ModelConfig;
  readonly modifiedAt: Date;
  /** URL of the server, or the name of an upstream of the config file. */
  readonly host: string;
  /** Name of the model there. */
  readonly model: string;
  readonly parameters: ModelOptions;
  readonly system: string;
  readonly messages: readonly Message[];
}

/** A model was to be read that is not here. Its message is that of Ollama for a host that is not allowed. */
export class RemoteModelError extends OllamaError {
  readonly remote: RemoteModel;

  constructor(remote: RemoteModel) {
    super('invalid-request', 'this server cannot run this remote model');
    this.remote = remote;
  }
}
