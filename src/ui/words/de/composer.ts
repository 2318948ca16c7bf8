import type { composerWords as en } from '../en/composer.ts';

export const composerWords: typeof en = {
  label: 'Nachricht',
  placeholder: 'Nachricht schreiben',
  send: 'Senden',
  stop: 'Stopp',
  attach: 'Dateien anhängen',
  drop: 'Dateien loslassen, um sie anzuhängen',
  reading: 'Dateien werden gelesen',
  enterSends: 'Eingabetaste sendet',
  attachments: 'Angehängte Dateien',
  remove: (name) => `${name} entfernen`,
  tokens: (count) => `${count} Tokens`,
  aboutTokens: (count) => `etwa ${count} Tokens`,
  noImages: (model) => `${model} liest keine Bilder.`,
  noAudio: (model) => `${model} liest keine Tonaufnahmen.`,
  noOtherModel:
    'Kein Modell dieses Servers kann das. Entfernen Sie die Datei oder laden Sie ein Modell herunter, das es kann.',
  useModel: (model) => `${model} verwenden`,
  fileProblems: {
    tooLarge: (name, limit) => `${name} ist größer als ${limit}. Hängen Sie eine kleinere Datei an.`,
    tooMany: (name, limit) => `${name} wurde nicht angehängt: Eine Nachricht hat höchstens ${limit} Dateien.`,
    pages: (name, limit) => `${name} hat mehr als ${limit} Seiten. Hängen Sie einen Teil davon an.`,
    characters: (name, limit) =>
      `${name} wurde nicht angehängt: Die Texte einer Nachricht haben höchstens ${limit} Zeichen.`,
    notText: (name) =>
      `${name} ist weder Text noch PDF, Bild oder Tonaufnahme. Texte müssen in UTF-8 oder UTF-16 vorliegen.`,
    empty: (name) => `${name} ist leer.`,
    unreadable: (name) => `${name} lässt sich nicht lesen. Ordner können nicht angehängt werden.`,
    encrypted: (name) =>
      `${name} ist verschlüsselt. Hängen Sie eine Kopie an, die sich ohne Kennwort öffnen lässt.`,
    damaged: (name) => `${name} ist beschädigt und lässt sich nicht lesen.`,
    noText: (name) =>
      `${name} enthält keinen Text, wie Dateien eines Scanners. Hängen Sie die Seiten als Bilder an.`,
    map: (name) =>
      `${name} schreibt seinen Text in einer Weise, die diese Seite nicht lesen kann. Hängen Sie die Seiten als Bilder an.`,
    tooSlow: (name) => `${name} zu lesen dauert zu lange. Hängen Sie einen Teil davon an.`,
  },
  context: {
    label: 'Kontext',
    used: (used, limit) => `${used} von ${limit} Tokens`,
    usedOnly: (used) => `${used} Tokens`,
    about: (text) => `etwa ${text}`,
    counted: 'Vom Modell gezählt.',
    estimated: 'Zum Teil geschätzt: Das Modell zählt, wenn es antwortet.',
    noLimit: 'Die Grenze ist bekannt, sobald das Modell geladen ist.',
    fits: 'Alles passt.',
    drops: (count) =>
      count === 1
        ? 'Die nächste Anfrage passt nicht. Falls der Server den Kontext nicht verlängert, lässt er diese Nachricht weg:'
        : `Die nächste Anfrage passt nicht. Falls der Server den Kontext nicht verlängert, lässt er diese ${count} Nachrichten weg:`,
    more: (count) => `und ${count} weitere`,
    tooLong: 'Schon die letzte Nachricht allein passt nicht. Der Server kürzt sie in der Mitte.',
  },
};
