type Rows = readonly (readonly [left: string, right: string])[];

function table(title: string, rows: Rows): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return [title, ...rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`), ''].join('\n');
}

const commands = table('Available Commands:', [
  ['/set', 'Change how this session works'],
  ['/show', 'Show something about the model'],
  ['/load <model>', 'Go on with another model, with an empty conversation'],
  ['/save <model>', 'Keep this session as a model'],
  ['/clear', 'Forget the conversation, keep the system message'],
  ['/bye', 'Leave'],
  ['/?, /help', 'This help'],
  ['/? set, /? show', 'What can be set and shown'],
  ['/? shortcuts', 'Keys'],
]);

const longMessages = 'Put a message of several lines between """ and """.';

const topics: Readonly<Record<string, string>> = {
  set: table('Available Commands:', [
    ['/set parameter <name> <value>', 'Set a parameter, as num_ctx, seed, stop or temperature'],
    ['/set system <text>', 'Set the system message'],
    ['/set history', 'Keep a history of lines'],
    ['/set nohistory', 'Keep none'],
    ['/set wordwrap', 'Break lines between words'],
    ['/set nowordwrap', 'Leave lines as they are'],
    ['/set format json', 'Have answers in JSON'],
    ['/set noformat', 'Have answers in any form'],
    ['/set verbose', 'Show timings after each answer'],
    ['/set quiet', 'Show none'],
    ['/set think [level]', 'Let the model think: high, medium, low or max'],
    ['/set nothink', 'Let it answer at once'],
  ]),
  show: table('Available Commands:', [
    ['/show info', 'What the model is'],
    ['/show license', 'Its license'],
    ['/show modelfile', 'Its Modelfile'],
    ['/show parameters', "Its parameters and this session's"],
    ['/show system', 'The system message'],
    ['/show template', 'Its prompt template'],
  ]),
  shortcuts: table('Available Keys:', [
    ['Ctrl + a, Ctrl + e', 'Go to the start, the end of the line'],
    ['Alt + b, Alt + f', 'Go a word back, forward'],
    ['Ctrl + k, Ctrl + u', 'Delete to the end, the start of the line'],
    ['Ctrl + w', 'Delete the word before the cursor'],
    ['Up, Down', 'Go through the history'],
    ['Ctrl + l', 'Clear the screen'],
    ['Ctrl + c', 'Stop the answer, or clear the line'],
    ['Ctrl + d', 'Leave'],
  ]),
};

/** @param topic a word after `/?`; any other than a known one gives the list of commands */
export function helpText(topic: string | undefined): string {
  const known = topic !== undefined && Object.hasOwn(topics, topic.replace(/^\//, ''));
  return (known ? topics[topic.replace(/^\//, '')] : undefined) ?? `${commands}\n${longMessages}\n`;
}
