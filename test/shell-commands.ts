/** The simple commands of a shell script, for a look at what they call; not a complete shell grammar. */

const separators = new Set(['\n', ';', '|', '&', '(', ')', '`']);
const prefixes = new Set(['sudo', 'exec', 'time', 'then', 'do', 'if', 'while', '!', 'env', '-H', '-E']);
const assignment = /^[A-Za-z_]\w*=/;

/** Words by command, without quotes, assignments, redirections and comments. */
export function simpleCommands(script: string): string[][] {
  return splitCommands(script)
    .map(withoutPrefixes)
    .filter((words) => words.length > 0);
}

function splitCommands(script: string): string[][] {
  const commands: string[][] = [[]];
  let word: string | undefined;
  const endWord = () => {
    if (word !== undefined) commands.at(-1)?.push(word);
    word = undefined;
  };
  for (let index = 0; index < script.length; index += 1) {
    const character = script[index] ?? '';
    if (character === '\\') {
      index += 1;
      if (script[index] !== '\n') word = (word ?? '') + (script[index] ?? '');
    } else if (character === "'" || character === '"') {
      const end = script.indexOf(character, index + 1);
      const stop = end < 0 ? script.length : end;
      word = (word ?? '') + script.slice(index + 1, stop);
      index = stop;
    } else if (character === '#' && word === undefined) {
      const end = script.indexOf('\n', index);
      index = (end < 0 ? script.length : end) - 1;
    } else if (separators.has(character)) {
      endWord();
      commands.push([]);
    } else if (/\s/.test(character)) endWord();
    else word = (word ?? '') + character;
  }
  endWord();
  return commands;
}

function withoutPrefixes(words: readonly string[]): string[] {
  const rest = [...words];
  while (rest.length > 0) {
    const [first = ''] = rest;
    if (first === '-u') rest.splice(0, 2);
    else if (prefixes.has(first) || assignment.test(first)) rest.shift();
    else break;
  }
  const redirection = rest.findIndex((word) => /^\d?[<>]/.test(word));
  return redirection < 0 ? rest : rest.slice(0, redirection);
}
