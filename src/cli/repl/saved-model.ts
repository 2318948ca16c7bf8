import type { CreateRequest } from '../../api/create.ts';
import type { Session } from './session.ts';

/** The request that saves a session as a model. It derives from the session's model, to keep everything not changed here. */
export function savedModel(session: Session, model: string): CreateRequest {
  const { system, turns, options, modelMessages } = session;
  // The new model's system message already stands for this turn.
  const isDoubled = modelMessages.length === 0 && turns[0]?.role === 'system' && turns[0].content === system;
  const messages = [...modelMessages, ...(isDoubled ? turns.slice(1) : turns)];
  return {
    model,
    from: session.model,
    ...(system && { system }),
    ...(Object.keys(options).length > 0 && { parameters: options }),
    ...(messages.length > 0 && { messages }),
  };
}
