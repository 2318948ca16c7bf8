import type { Message } from '../../api/common.ts';
import type { CallSyntax } from '../families/family.ts';
import { hermesCallSyntax } from '../families/shared/hermes-calls.ts';
import { shapedCalls } from './call-messages.ts';
import type { TurnShape } from './message-shape.ts';
import { convertedTurn, plainTurn, type ShapedTurn } from './shaped-turn.ts';

/** Between texts that become one turn. */
const SEPARATOR = '\n\n';

/** Whether a message instructs the model rather than talks to it. */
export function isInstruction({ role }: Message): boolean {
  return role === 'system' || role === 'developer';
}

/**
 * A conversation as a template can write it. Each message stays at its place, so that a conversation that goes on begins with
 * the same text as before; only system texts at the start may move, into the first user turn.
 * @param syntax of calls that become texts; the usual one, unless the model is known to write another
 */
export function shapedMessages(
  messages: readonly Message[],
  shape: TurnShape,
  syntax: CallSyntax = hermesCallSyntax,
): readonly Message[] {
  const start = messages.findIndex((message) => !isInstruction(message));
  const leading = start < 0 ? messages.length : start;
  const turns = shapedCalls(messages, shape, syntax).map((turn, index): ShapedTurn => {
    const { message } = turn;
    if (!isInstruction(message)) return turn;
    if (index >= leading && shape.system !== 'anywhere') return convertedTurn(message, 'user');
    return message.role === 'developer' && !shape.developer
      ? plainTurn({ ...message, role: 'system' })
      : turn;
  });
  const system = turns.slice(0, leading).map(({ message }) => message);
  const talk = withBridges(withOpener(joinedTurns(turns.slice(leading), shape), shape), shape);
  const first = shape.joinsSystem && system.length > 1 ? [joined(system)] : system;
  if (first.length === 0) return shape.needsSystem ? [{ role: 'system', content: '' }, ...talk] : talk;
  if (shape.system !== 'nowhere') return [...first, ...talk];
  return withoutSystem(joined(system), talk, shape);
}

/** Joins neighbours of one role where the template needs it, and where one of them had another role before. */
function joinedTurns(turns: readonly ShapedTurn[], { joinsNeighbours }: TurnShape): Message[] {
  const result: ShapedTurn[] = [];
  for (const turn of turns) {
    const last = result.at(-1);
    const isOne = joinsNeighbours || turn.isConverted || last?.isConverted;
    if (last && isOne && last.message.role === turn.message.role && turn.message.role !== 'tool') {
      result[result.length - 1] = { ...turn, message: joined([last.message, turn.message]) };
    } else result.push(turn);
  }
  return result.map(({ message }) => message);
}

function joined(messages: readonly Message[]): Message {
  const texts = (part: 'content' | 'thinking') =>
    messages
      .map((message) => message[part] ?? '')
      .filter((text) => text !== '')
      .join(SEPARATOR);
  const thinking = texts('thinking');
  const images = messages.flatMap((message) => message.images ?? []);
  const calls = messages.flatMap((message) => message.tool_calls ?? []);
  return {
    role: messages[0]?.role ?? 'user',
    content: texts('content'),
    ...(thinking !== '' && { thinking }),
    ...(images.length > 0 && { images }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function withOpener(messages: Message[], { opener }: TurnShape): Message[] {
  if (opener === undefined || messages[0]?.role === 'user') return messages;
  return [{ role: 'user', content: opener }, ...messages];
}

function withBridges(messages: Message[], { bridge }: TurnShape): Message[] {
  if (bridge === undefined) return messages;
  return messages.flatMap((message, index) => {
    const isNeeded = message.role === 'user' && messages[index - 1]?.role === 'tool';
    return isNeeded ? [{ role: 'assistant', content: bridge }, message] : [message];
  });
}

/** Puts a system text in front of the first user turn. */
function withoutSystem(system: Message, [first, ...others]: Message[], { opener }: TurnShape): Message[] {
  const { content } = system;
  if (first?.role !== 'user') return [{ role: 'user', content }, ...(first ? [first, ...others] : [])];
  const isEmpty = first.content === '' || first.content === opener;
  return [{ ...first, content: isEmpty ? content : content + SEPARATOR + first.content }, ...others];
}
