// What this browser remembers. Guests keep their place for as long as the tab lives, so that a reload
// does not make a second guest; the name is kept for the next meeting.
const nameKey = 'plenum.name';
const guestPrefix = 'plenum.guest.';

function quietly<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch {
    return otherwise; // storage is blocked: nothing is remembered
  }
}

export const savedName = (): string => quietly(() => localStorage.getItem(nameKey) ?? '', '');
export const saveName = (name: string): void => quietly(() => localStorage.setItem(nameKey, name), undefined);

export const guestKey = (token: string): string | null =>
  quietly(() => sessionStorage.getItem(guestPrefix + token), null);
export const keepGuestKey = (token: string, key: string): void =>
  quietly(() => sessionStorage.setItem(guestPrefix + token, key), undefined);
export const forgetGuestKey = (token: string): void =>
  quietly(() => sessionStorage.removeItem(guestPrefix + token), undefined);
