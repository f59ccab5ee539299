import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '../../../src/config/redact.js';

const quoted = (text: string): string => `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;

/** Everything that a connection string with a password may look like. */
const FORMS: Readonly<Record<string, (password: string) => string>> = {
  url: (password) => `postgres://app:${encodeURIComponent(password)}@db:5432/shop`,
  'url with a user like Azure': (password) =>
    `postgresql://me@srv:${encodeURIComponent(password)}@srv:5432/x`,
  'url without a user': (password) => `postgres://:${encodeURIComponent(password)}@db/shop`,
  'url in a sentence': (password) => `cannot reach postgres://a:${encodeURIComponent(password)}@db/x now`,
  'url in JSON': (password) =>
    JSON.stringify({ url: `postgres://a:${encodeURIComponent(password)}@db`, a: '@' }),
  'encoded url': (password) =>
    `next=${encodeURIComponent(`postgres://a:${encodeURIComponent(password)}@db/x`)}&a=1`,
  'query parameter': (password) =>
    `postgres://db/x?user=a&password=${encodeURIComponent(password)}&sslmode=require`,
  'keyword string': (password) => `host=db password=${quoted(password)} user=a`,
  JSON: (password) => JSON.stringify({ user: 'a', password, host: 'db' }),
  'indented JSON': (password) => JSON.stringify({ user: 'a', password, host: 'db' }, null, 2),
  'JSON in JSON': (password) => JSON.stringify({ body: JSON.stringify({ password, host: 'db' }) }),
  SQL: (password) => `alter role a password '${password.replaceAll("'", "''").replaceAll('\\', '')}' login`,
};

/** A leading quote or a final backslash changes where the value ends, so that more goes than the password. */
const word = fc.stringMatching(/^[!-~]{1,30}$/).filter((text) => !/^["'\\]|\\$/.test(text));
const WORD_FORMS: Readonly<Record<string, (password: string) => string>> = {
  'bare keyword': (password) => `host=db password=${password} user=a`,
  'environment variable': (password) => `PGPASSWORD=${password} fedgen plan`,
  option: (password) => `fedgen plan --db-password ${password} --verbose`,
  'unencoded url': (password) => `postgres://app:${password}@db:5432/shop`,
};

describe('redact', () => {
  // the output may not depend on the password at all; that is stronger than "does not contain it",
  // which one-letter passwords would fail by chance
  it.each(Object.entries(FORMS))('leaves nothing of a random password: %s', (_name, build) => {
    const expected = redact(build('x'));
    expect(expected).toContain('[redacted]');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), (password) => {
        expect(redact(build(password))).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves nothing of a random password of any Unicode', () => {
    const url = FORMS['url'] ?? String;
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
        expect(redact(url(password))).toBe(redact(url('x')));
      }),
    );
  });

  it.each(Object.entries(WORD_FORMS))('leaves nothing of a random unquoted password: %s', (_name, build) => {
    const closesJson = /"\s*(?:[,:}\]]|$)/;
    fc.assert(
      fc.property(
        word.filter((text) => !closesJson.test(text)),
        (password) => {
          expect(redact(build(password))).toBe(redact(build('x')));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['  password: my long secret', '  password: [redacted]'],
    ["{ user: 'a', password: 's', port: 1 }", "{ user: 'a', password: '[redacted]', port: 1 }"],
    ['{"password":"s","a":1}', '{"password":"[redacted]","a":1}'],
    ['postgres://İİ:secret@h', 'postgres://İİ:[redacted]@h'],
    ['password="a"b host=h', 'password="[redacted]" host=h'],
    ['password=a\\ b host=h', 'password=[redacted] host=h'],
    ["create role a PASSWORD 'it''s'", "create role a PASSWORD '[redacted]'"],
    [
      'a postgres://u:p1@h and postgres://v:p2@i',
      'a postgres://u:[redacted]@h and postgres://v:[redacted]@i',
    ],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    'password authentication failed for user "x"',
    'postgres://u@h:5432/db',
    '{"url":"postgres://h:5432/db","owner":"a@b.c"}',
    'https://example.com/docs/errors.md',
  ])('leaves text without a password alone: %s', (text) => {
    expect(redact(text)).toBe(text);
  });
});
