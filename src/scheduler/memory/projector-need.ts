import { isBidirectional } from '../../gguf/projector/row-attention.ts';
import type { ProjectorFacts } from '../../gguf/projector-facts.ts';
import { mostTokens, projectorMemory } from '../../gguf/projector-memory.ts';
import type { RowShape } from '../../protocol/row-memory.ts';

/** What an encoder of pictures or sound takes beside its model, and asks of the model's context. */
export interface ProjectorNeed extends RowShape {
  /** Bytes that are not weights of the model's own file. */
  readonly weightBytes: number;
  /** Bytes of everything else while a piece is encoded. */
  readonly bufferBytes: number;
}

/** @param isInWeights whether the encoder lies in the file of the model, whose bytes are counted with the model */
export function projectorNeed(facts: ProjectorFacts, isInWeights: boolean): ProjectorNeed {
  const { weightBytes, bufferBytes } = projectorMemory(facts);
  return {
    weightBytes: isInWeights ? 0 : weightBytes,
    bufferBytes,
    rowWidth: facts.rowWidth,
    mostTokens: mostTokens(facts),
    isBidirectional: isBidirectional(facts),
  };
}
