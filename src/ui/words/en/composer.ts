/** Words around writing a message. */
export const composerWords = {
  label: 'Message',
  placeholder: 'Write a message',
  send: 'Send',
  stop: 'Stop',
  attach: 'Attach files',
  drop: 'Drop the files to attach them',
  reading: 'Reading files',
  enterSends: 'Enter sends',
  attachments: 'Attached files',
  remove: (name: string) => `Remove ${name}`,
  tokens: (count: string) => `${count} tokens`,
  aboutTokens: (count: string) => `about ${count} tokens`,
  noImages: (model: string) => `${model} does not read images.`,
  noAudio: (model: string) => `${model} does not read sound.`,
  noOtherModel: 'No model of this server does. Remove the file, or pull a model that does.',
  useModel: (model: string) => `Use ${model}`,
  fileProblems: {
    tooLarge: (name: string, limit: string) => `${name} is larger than ${limit}. Attach a smaller file.`,
    tooMany: (name: string, limit: number) =>
      `${name} was not attached: a message has at most ${limit} files.`,
    pages: (name: string, limit: string) => `${name} has more than ${limit} pages. Attach a part of it.`,
    characters: (name: string, limit: string) =>
      `${name} was not attached: the texts of a message have at most ${limit} characters.`,
    notText: (name: string) =>
      `${name} is neither text, PDF, image nor sound. Texts must be in UTF-8 or UTF-16.`,
    empty: (name: string) => `${name} is empty.`,
    unreadable: (name: string) => `${name} cannot be read. Folders cannot be attached.`,
    encrypted: (name: string) => `${name} is encrypted. Attach a copy that opens without a password.`,
    damaged: (name: string) => `${name} is damaged and cannot be read.`,
    noText: (name: string) => `${name} has no text, like files of a scanner. Attach its pages as images.`,
    map: (name: string) =>
      `${name} writes its text in a way that this page cannot read. Attach its pages as images.`,
    tooSlow: (name: string) => `${name} takes too long to read. Attach a part of it.`,
  },
  context: {
    label: 'Context',
    used: (used: string, limit: string) => `${used} of ${limit} tokens`,
    usedOnly: (used: string) => `${used} tokens`,
    about: (text: string) => `about ${text}`,
    counted: 'Counted by the model.',
    estimated: 'Partly estimated: the model counts when it answers.',
    noLimit: 'The limit is known when the model is loaded.',
    fits: 'Everything fits.',
    drops: (count: number) =>
      count === 1
        ? 'The next request does not fit. Unless the server lengthens the context, it drops this message:'
        : `The next request does not fit. Unless the server lengthens the context, it drops these ${count} messages:`,
    more: (count: number) => `and ${count} more`,
    tooLong: 'The last message alone does not fit. The server cuts its middle.',
  },
};
