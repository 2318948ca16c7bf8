/** Our own keys, those of other services that people paste by mistake, and what a header presents as one. */
const keyPattern = /\b(?:ok-[\w-]{32,}|sk-[\w-]{20,}|hf_\w{16,}|(?:Bearer|Basic) [\w.~+/=-]{8,})/g;
/** The name and password of an address. */
const credentialsPattern = /(\/\/)[^/@\s"']{1,512}@/g;
/** The query of an address, in which services send signatures. */
const queryPattern = /(https?:\/\/[^\s"'?]{1,2048})\?[^\s"']*/g;

/** A text for the log, in which no key, password or signature stands, whatever somebody put into it. */
export function withoutSecrets(text: string): string {
  return text
    .replace(keyPattern, '(hidden)')
    .replace(credentialsPattern, '$1(hidden)@')
    .replace(queryPattern, '$1?(hidden)');
}
