// Splits chat text at web addresses. Nothing but http and https becomes a link.
export interface TextPart {
  text: string;
  href?: string;
}

const address = /https?:\/\/[^\s<>"]+/gi;
const trailing = /[.,;:!?'")\]]+$/;

export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const found = match[0];
    let url = found.replace(trailing, '');
    // An address may end with ) when it opened one: wiki/Canvas_(graphics)
    if (found[url.length] === ')' && url.split('(').length > url.split(')').length) url += ')';
    if (!isAddress(url)) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: url, href: url });
    from = match.index + url.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

function isAddress(url: string): boolean {
  try {
    return new URL(url).hostname !== '';
  } catch {
    return false;
  }
}
