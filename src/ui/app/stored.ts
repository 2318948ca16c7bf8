import { effect, type Signal, signal } from '@preact/signals';

const PREFIX = 'ollama.';

/**
 * A choice that this browser keeps. Small ones only: the browser reads them before the page is there.
 * @param isValid whether what was kept, by whatever version of this page, can be used
 */
export function stored<Value>(
  name: string,
  initial: Value,
  isValid: (value: unknown) => boolean,
): Signal<Value> {
  const choice = signal(readChoice(name, initial, isValid));
  effect(() => {
    try {
      localStorage.setItem(PREFIX + name, JSON.stringify(choice.value));
    } catch {
      // A browser that keeps nothing: the choice lives as long as the page.
    }
  });
  return choice;
}

function readChoice<Value>(name: string, initial: Value, isValid: (value: unknown) => boolean): Value {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(PREFIX + name) ?? 'null');
    return isValid(value) ? (value as Value) : initial;
  } catch {
    return initial;
  }
}
