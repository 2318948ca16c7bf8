import { type Effect, print } from './effect.ts';

export function unknownCommand(command: string): Effect {
  return print(`Unknown command '${command}'. Type /? for help`);
}
