import type { SlowTypeNote } from '../../api/type-speeds.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { knownSpeeds, rearrangedInstead } from './known-speeds.ts';
import { readMeasuredSpeeds, writeMeasuredSpeeds } from './measured-speeds.ts';
import { readProcessor } from './processor.ts';
import { bestType, type FasterType, fasterType, type SpeedTable, type TypeSpeed } from './speed-table.ts';

interface TypeSpeedsParts {
  /** File of the measurement. */
  readonly path: string;
  /** Whether models run on GPUs, to which none of this applies. */
  readonly hasGpu: () => boolean;
  readonly logger: Logger;
  readonly processor?: ReturnType<typeof readProcessor>;
}

/** What quantization takes when nothing is known: small, precise, and fast on most processors. */
const USUAL_TYPE = 'Q4_K_M';

/** Knows how fast each type of weights runs on the processor of this machine. */
export class TypeSpeeds {
  readonly #parts: TypeSpeedsParts;
  readonly #processor: ReturnType<typeof readProcessor>;

  constructor(parts: TypeSpeedsParts) {
    this.#parts = parts;
    this.#processor = parts.processor ?? readProcessor();
  }

  /**
   * What `show` and `estimate` say about a slow type.
   * @param type as `show` prints it, for example "Q4_1"
   * @returns undefined unless the type is slow here and models run on the processor
   */
  async slowness(type: string): Promise<SlowTypeNote | undefined> {
    if (this.#parts.hasGpu()) return undefined;
    const table = await this.table();
    const found = table && fasterType(type, table);
    if (table && found) return gainNote(type, found, table.source);
    const instead = table ? undefined : rearrangedInstead(type, this.#processor.instructions);
    return instead === undefined ? undefined : kernelNote(type, instead);
  }

  /** The type that `auto` stands for. */
  async best(): Promise<string> {
    const table = this.#parts.hasGpu() ? undefined : await this.table();
    return (table && bestType(table)) ?? USUAL_TYPE;
  }

  /** What was measured on this machine, otherwise what is known of such processors. */
  async table(): Promise<SpeedTable | undefined> {
    const measured = await this.#measured();
    if (measured) return { source: 'measured', speeds: measured };
    const known = knownSpeeds(this.#processor.instructions);
    return known && { source: 'known', speeds: known };
  }

  /**
   * Keeps a measurement in place of the one before.
   * @throws OllamaError `storage-full`, `storage-read-only`
   */
  async keep(model: string, speeds: readonly (readonly [string, TypeSpeed])[]): Promise<void> {
    const types = Object.fromEntries(speeds);
    const { path, logger } = this.#parts;
    await writeMeasuredSpeeds(path, { processor: this.#processor.name, model, types });
    logger.info('kept the measured speeds of types', { path, model, types: Object.keys(types) });
  }

  async #measured(): Promise<ReadonlyMap<string, TypeSpeed> | undefined> {
    const { path, logger } = this.#parts;
    try {
      return await readMeasuredSpeeds(path, this.#processor.name);
    } catch (error) {
      logger.warn('the measured speeds of types cannot be read; known ones apply', {
        path,
        reason: messageOf(error),
      });
      return undefined;
    }
  }
}

/** A gain that the advice mentions. */
const NOTABLE_GAIN = 1.05;

function gainNote(
  type: string,
  { name: faster, decodeGain, prefillGain }: FasterType,
  source: SpeedTable['source'],
): SlowTypeNote {
  const where = source === 'measured' ? 'measured on this machine' : 'on such processors';
  const gains = [
    ...(decodeGain >= NOTABLE_GAIN ? [`answers ${decodeGain.toFixed(1)} times as fast`] : []),
    ...(prefillGain >= NOTABLE_GAIN ? [`reads prompts ${prefillGain.toFixed(1)} times as fast`] : []),
  ].join(' and ');
  const advice = `${type} is slow on this processor: ${faster} ${gains} (${where})`;
  return { type, faster, decode_gain: decodeGain, prefill_gain: prefillGain, source, advice };
}

function kernelNote(type: string, faster: string): SlowTypeNote {
  const advice = `${type} has no fast kernel on this processor: ${faster} has one`;
  return { type, faster, source: 'known', advice };
}
