import { useSynced } from './use-synced.ts';

type FieldEvent = { readonly currentTarget: { readonly value: string } };

/** The properties of a text field that counts when it is left. What is typed stays, whatever is shown again meanwhile. */
export function useTyped(value: string, commit: (text: string) => void) {
  const typed = useSynced(value);
  return {
    value: typed.value,
    onInput: ({ currentTarget }: FieldEvent) => {
      typed.value = currentTarget.value;
    },
    onChange: () => {
      if (typed.peek() !== value) commit(typed.peek());
    },
  };
}
