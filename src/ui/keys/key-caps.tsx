import { type KeyName, keyCaps } from './key-table.ts';

/** The keys of a chord. */
export function KeyCaps({ name }: { readonly name: KeyName }) {
  return (
    <span class="key-caps">
      {keyCaps(name).map((cap, index) => (
        <span key={cap}>
          {index > 0 && '+'}
          <kbd>{cap}</kbd>
        </span>
      ))}
    </span>
  );
}
