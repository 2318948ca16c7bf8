/**
 * The index of the message that the answer is about: the last one of the role "user" that is not part of what tools
 * returned. Agents send what a tool shows, such as a picture of the screen, and reminders in a user's message after the
 * result.
 * @returns -1 if there is none, or if a user's message after a result may be what the answer is about
 */
export function lastUserTurn(roles: readonly string[]): number {
  let last = -1;
  let followsResult = false;
  for (const [index, role] of roles.entries()) {
    if (role === 'assistant') followsResult = false;
    else if (role === 'tool') followsResult = true;
    else if (role === 'user') last = followsResult ? -1 : index;
  }
  return last;
}
