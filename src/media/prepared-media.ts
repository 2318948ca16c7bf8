import { createHash } from 'node:crypto';
import { OllamaError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import type { ProjectorFacts } from '../gguf/projector-facts.ts';
import type { PreparedPart } from '../protocol/media.ts';
import { digestOf } from './file-digest.ts';
import type { TokenLimits } from './layouts/layout.ts';
import { SharedWork } from './shared-work.ts';
import type { MediaOrder, MediaWork } from './work/media-work.ts';
import type { ProjectorBrief } from './work/prepare.ts';

/** A hundred pictures of the size that models look at, or half an hour of sound: those of the conversations going on. */
const KEPT_BYTES = 256 * MIB;

/** A picture or sound of a request. */
export interface Medium {
  /** Where it stands in the request, for errors: `messages[1].images[0]`. */
  readonly field: string;
  /** The file in base64. */
  readonly source: string;
}

/**
 * Prepares pictures and sound, and keeps what came out: a conversation sends its pictures again with each message. Requests
 * for the same file and layout share the work.
 */
export class PreparedMedia {
  readonly #work: MediaWork;
  readonly #shared: SharedWork<readonly PreparedPart[]>;
  /** Of large files it takes tenths of a second, and an engine asks for the data of each piece by itself. */
  readonly #digests = new WeakMap<Medium, Promise<string>>();

  constructor(work: MediaWork, keptBytes = KEPT_BYTES) {
    this.#work = work;
    this.#shared = new SharedWork(keptBytes, bytesOf);
  }

  /**
   * @param medium the same object each time, if it is asked for several times
   * @returns what replaces the mark of the medium in a prompt; nobody may change it
   * @throws OllamaError `invalid-request` naming the field and what is wrong; `canceled`; `busy`
   */
  async prepare(
    medium: Medium,
    projector: ProjectorFacts,
    { limits = {}, ...order }: MediaOrder & { readonly limits?: TokenLimits },
  ): Promise<readonly PreparedPart[]> {
    const { field, source } = medium;
    const brief = briefOf(projector);
    const key = [await this.#digestOf(medium), layoutIdentity(brief, limits), order.salt ?? ''].join(' ');
    try {
      return await this.#shared.run(key, order.signal, (signal) =>
        this.#work({ source, projector: brief, limits }, { owner: order.owner, signal, key }),
      );
    } catch (error) {
      if (!(error instanceof OllamaError) || error.code !== 'invalid-request') throw error;
      throw new OllamaError(error.code, `"${field}": ${error.message}`, {
        status: error.status,
        cause: error,
      });
    }
  }

  #digestOf(medium: Medium): Promise<string> {
    const digest = this.#digests.get(medium) ?? digestOf(medium.source);
    this.#digests.set(medium, digest);
    return digest;
  }
}

function briefOf({ tensors: _, ...brief }: ProjectorFacts): ProjectorBrief {
  return brief;
}

/** Everything that decides what becomes of a file. */
function layoutIdentity(brief: ProjectorBrief, limits: TokenLimits): string {
  return createHash('sha256')
    .update(JSON.stringify([brief, limits]))
    .digest('hex');
}

function bytesOf(parts: readonly PreparedPart[]): number {
  return parts.reduce((sum, part) => sum + ('data' in part ? part.data.length : part.text.length), 0);
}
