import type { CreateRequest } from '../../api/create.ts';
import type { Session } from './session.ts';

/** From the session's own model, so that what it says of itself and was not changed here is kept. */
export function savedModel(session: Session, model: string): CreateRequest {
  const { system, turns, options, modelMessages } = session;
  // The model begins with its system message anyway.
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
