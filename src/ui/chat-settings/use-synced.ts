import { type Signal, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';

/** What is typed into a field, until the value that it shows changes: then it is that value, at once. */
export function useSynced(value: string): Signal<string> {
  const typed = useSignal(value);
  const shown = useRef(value);
  if (shown.current !== value) {
    shown.current = value;
    typed.value = value;
  }
  return typed;
}
