import { describe, expect, it } from 'vitest';
import { linkify } from './linkify';

describe('linkify', () => {
  it('leaves plain text alone', () => {
    expect(linkify('hello there')).toEqual([{ text: 'hello there' }]);
    expect(linkify('')).toEqual([]);
  });

  it('finds addresses and leaves punctuation outside', () => {
    expect(linkify('see https://a.example/x?y=1, ok')).toEqual([
      { text: 'see ' },
      { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' },
      { text: ', ok' }
    ]);
    expect(linkify('(https://a.example/b)').map(p => p.href)).toEqual([
      undefined,
      'https://a.example/b',
      undefined
    ]);
    expect(linkify('https://a.example/w_(x)')[0]?.href).toBe('https://a.example/w_(x)');
  });

  it('makes no link of anything else', () => {
    for (const text of [
      'javascript:alert(1)',
      'ftp://a.example',
      'data:text/html,x',
      'https://',
      'www.a.example'
    ]) {
      expect(linkify(text).some(p => p.href)).toBe(false);
    }
  });
});
