// What is missing before the call, and what to do about it.
import type { PreviewState } from '../media/preview';

const listen = 'You can still join, see and hear everybody, and write in the chat.';

export function deviceHelp({ asking, micProblem, cameraProblem }: PreviewState): string {
  if (asking) return '';
  if (micProblem === 'blocked' && cameraProblem === 'blocked') {
    return `Your browser blocks the microphone and the camera. Allow both in the site settings beside the address, then reload. ${listen}`;
  }
  if (micProblem === 'blocked')
    return `Your browser blocks the microphone. Allow it in the site settings beside the address, then reload. ${listen}`;
  if (micProblem === 'missing') return `No microphone found. Plug one in, or join to listen. ${listen}`;
  if (micProblem === 'busy')
    return `Your microphone is busy. Close the other program that uses it, then reload. ${listen}`;
  if (cameraProblem === 'blocked')
    return 'Your browser blocks the camera. Allow it in the site settings beside the address, or join without.';
  if (cameraProblem === 'missing') return 'No camera found. The others will see your name.';
  if (cameraProblem === 'busy')
    return 'Your camera is busy. Close the other program that uses it, or join without.';
  return '';
}
