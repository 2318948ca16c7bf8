import { words } from '../words/words.ts';
import { KeyCaps } from './key-caps.tsx';
import { type KeyGroup, type KeyName, keyTable } from './key-table.ts';

const groups: readonly KeyGroup[] = ['everywhere', 'chat', 'writing'];
const names = Object.keys(keyTable) as KeyName[];

/** All keys of the page, a table for each place where they work. */
export function KeyTables() {
  const text = words.value.palette;
  return (
    <>
      {groups.map((group) => (
        <table key={group} class="key-table">
          <caption>{text.keyGroups[group]}</caption>
          <tbody>
            {names
              .filter((name) => keyTable[name].group === group)
              .map((name) => (
                <tr key={name}>
                  <td>{text.keys[name]}</td>
                  <td>
                    <KeyCaps name={name} />
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      ))}
      <p class="small">{text.applesCommand}</p>
    </>
  );
}
