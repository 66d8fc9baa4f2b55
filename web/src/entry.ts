// What the address of the page asks for. The shapes are those of the room document:
//   links.gui         {base}/?ACCESS_KEY            a named person
//   links.guest_join  {base}/?guest=GUEST_TOKEN     anybody, asks for a name
//   permalinks        {base}/permalink?USER_TOKEN   and {base}/permalink?guest=GUEST_TOKEN
export type Entry =
  | { kind: 'landing' }
  | { kind: 'member'; key: string }
  | { kind: 'permalink'; token: string }
  | { kind: 'guest'; token: string };

// The eyeson library deletes every other character from a token, so a token that has any cannot work.
const token = /^\w{1,128}$/;

export function parseEntry(pathname: string, search: string): Entry {
  const query = new URLSearchParams(search);
  const guest = query.get('guest');
  if (guest !== null) {
    return token.test(guest) ? { kind: 'guest', token: guest } : { kind: 'landing' };
  }
  // A bare key is a parameter without value; what links append (utm_source=…) is ignored.
  for (const [name, value] of query) {
    if (value === '' && token.test(name)) {
      const permalink = /\/permalink\/?$/.test(pathname);
      return permalink ? { kind: 'permalink', token: name } : { kind: 'member', key: name };
    }
  }
  return { kind: 'landing' };
}
