import { useRef, useState } from 'preact/hooks';

type FieldEvent = { readonly currentTarget: { readonly value: string } };

/** The properties of a text field that counts when it is left. What is typed stays, whatever is shown again meanwhile. */
export function useTyped(value: string, commit: (text: string) => void) {
  const state = useRef({ value, typed: value });
  const [, setTyped] = useState(value);
  // At once, and not in an effect: what is typed right after a change must not meet the old text.
  if (state.current.value !== value) state.current = { value, typed: value };
  return {
    value: state.current.typed,
    onInput: ({ currentTarget }: FieldEvent) => {
      state.current.typed = currentTarget.value;
      setTyped(currentTarget.value);
    },
    onChange: () => {
      if (state.current.typed !== value) commit(state.current.typed);
    },
  };
}
