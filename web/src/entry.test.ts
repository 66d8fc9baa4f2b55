import { describe, expect, it } from 'vitest';
import { parseEntry } from './entry';

describe('parseEntry', () => {
  it('reads the link shapes of the room document', () => {
    expect(parseEntry('/', '?Qm7Rk2Wz9Xc4Vb1Ls8PdTn5G')).toEqual({
      kind: 'member',
      key: 'Qm7Rk2Wz9Xc4Vb1Ls8PdTn5G'
    });
    expect(parseEntry('/', '?guest=Gq2mTn7Rk4Wz9Xc1Vb5Ls8Pd')).toEqual({
      kind: 'guest',
      token: 'Gq2mTn7Rk4Wz9Xc1Vb5Ls8Pd'
    });
    expect(parseEntry('/permalink', '?Pu6Wz2Xc9Vb4Ls1PdQm8Tn5R')).toEqual({
      kind: 'permalink',
      token: 'Pu6Wz2Xc9Vb4Ls1PdQm8Tn5R'
    });
    expect(parseEntry('/permalink', '?guest=Pg3Vb7Ls2')).toEqual({ kind: 'guest', token: 'Pg3Vb7Ls2' });
  });

  it('works under a base path and with parameters that mail programs append', () => {
    expect(parseEntry('/meet/', '?Abc123')).toEqual({ kind: 'member', key: 'Abc123' });
    expect(parseEntry('/', '?Abc123&utm_source=mail')).toEqual({ kind: 'member', key: 'Abc123' });
    expect(parseEntry('/', '?Abc123=')).toEqual({ kind: 'member', key: 'Abc123' });
  });

  it('shows the landing page for anything else', () => {
    for (const search of [
      '',
      '?',
      '?guest=',
      '?guest=a/b',
      '?a%2Fb',
      '?x=1',
      '?<script>',
      `?${'a'.repeat(200)}`
    ]) {
      expect(parseEntry('/', search)).toEqual({ kind: 'landing' });
    }
  });
});
