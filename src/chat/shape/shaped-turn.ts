import type { Message } from '../../api/common.ts';

/** A message in the shape of a template. */
export interface ShapedTurn {
  readonly message: Message;
  /** Whether it was a turn of another role, so that it may share a turn with its neighbours. */
  readonly isConverted: boolean;
}

export function plainTurn(message: Message): ShapedTurn {
  return { message, isConverted: false };
}

export function convertedTurn(message: Message, role: string): ShapedTurn {
  return { message: { ...message, role }, isConverted: true };
}
