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

const longMessages = 'Put a message of several lines between """ and """.\n';
const files = 'Name pictures (.jpg, .png, .webp) and sounds (.wav) by their path, as /path/to/file.png.\n';

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
  parameter: table('Available Parameters:', [
    ['/set parameter seed <int>', 'Start of the random numbers'],
    ['/set parameter num_predict <int>', 'Most tokens of an answer'],
    ['/set parameter num_ctx <int>', 'Tokens of the context'],
    ['/set parameter temperature <float>', 'How freely tokens are picked'],
    ['/set parameter top_k <int>', 'Pick from this many of the likeliest tokens'],
    ['/set parameter top_p <float>', 'Pick from tokens that add up to this probability'],
    ['/set parameter min_p <float>', 'Pick from tokens this likely, compared with the likeliest'],
    ['/set parameter repeat_penalty <float>', 'How strongly repetition is held against a token'],
    ['/set parameter repeat_last_n <int>', 'How many tokens back repetition counts'],
    ['/set parameter num_gpu <int>', 'Layers on the GPU'],
    ['/set parameter stop <text> <text> ...', 'Texts that end the answer'],
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
    ['Ctrl + y, Alt + y', 'Put back what was deleted last, before that'],
    ['Ctrl + _', 'Undo'],
    ['Up, Down', 'Go through the history'],
    ['Ctrl + r, Ctrl + s', 'Search the history backward, forward'],
    ['Ctrl + j', 'Begin another line'],
    ['Ctrl + l', 'Clear the screen'],
    ['Ctrl + g', 'Write the message in an editor'],
    ['Ctrl + c', 'Stop the answer, or clear the line'],
    ['Ctrl + z', 'Stop, until the shell says "fg"'],
    ['Ctrl + d', 'Leave'],
  ]),
};

/**
 * @param topic a word after `/?`; any other than a known one gives the list of commands
 * @param isMultimodal whether the model takes files
 */
export function helpText(topic: string | undefined, isMultimodal = false): string {
  const name = topic?.replace(/^\//, '').replace(/^shortcut$/, 'shortcuts') ?? '';
  const known = Object.hasOwn(topics, name) ? topics[name] : undefined;
  return known ?? `${commands}\n${longMessages}${isMultimodal ? files : ''}`;
}
