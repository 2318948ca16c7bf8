/** The matcher gives a grammar up, and llama.cpp's own sampler takes over. */
export class MatcherLimit extends Error {
  override readonly name = 'MatcherLimit';
}
