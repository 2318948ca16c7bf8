/** The simple commands of a shell script, for a look at what they call; not a complete shell grammar. */

const comment = '(?<=^|[\\s;])#[^\\n]*';
const quoted = '\'(?<single>[^\']*)\'|"(?<double>[^"]*)"|\\\\(?<escaped>[^\\n])';
const pieces = new RegExp(
  `${comment}|${quoted}|(?<separator>[\\n;|&()\`])|(?<plain>[^\\s'"\\\\;|&()\`]+)|(?<blank>\\s+|\\\\\\n)`,
  'gm',
);
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
  let isInWord = false;
  for (const { groups = {} } of script.matchAll(pieces)) {
    const text = groups.single ?? groups.double ?? groups.escaped ?? groups.plain;
    const words = commands.at(-1) ?? [];
    if (groups.separator !== undefined) commands.push([]);
    else if (text !== undefined) words.push((isInWord ? (words.pop() ?? '') : '') + text);
    isInWord = text !== undefined;
  }
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
