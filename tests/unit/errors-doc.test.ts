import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, EXIT } from '../../src/shared/errors.js';
import { readSources, ROOT, type Source } from './architecture/sources.js';

const DOC = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
const KNOWN: Readonly<Record<string, number>> = ERROR_CODES;

/** Headings such as `### E_USAGE (exit 2)`, and what stands below each. */
function documented(doc: string): Map<string, { exit: number; text: string }> {
  const sections = doc.split(/^(?=#{2,3} )/m);
  return new Map(
    sections.flatMap((section) => {
      const heading = /^### (E_[A-Z_]+) \(exit (\d+)\)\n/.exec(section);
      return heading ? [[heading[1] ?? '', { exit: Number(heading[2]), text: section }] as const] : [];
    }),
  );
}

/** String literals that look like error codes. */
function codesIn({ file, text }: Source): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && /^E_[A-Z_]+$/.test(node.text)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2023));
  return found;
}

const USED = new Set(
  readSources('src', '.ts')
    .filter(({ file }) => file !== 'src/shared/errors.ts')
    .flatMap(codesIn),
);

describe('docs/errors.md', () => {
  const sections = documented(DOC);

  it('has every code and no other', () => {
    expect([...sections.keys()].sort()).toEqual(Object.keys(ERROR_CODES).sort());
    const mentioned = new Set([...DOC.matchAll(/\bE_[A-Z_]+\b/g)].map(([code]) => code));
    expect([...mentioned].filter((code) => !(code in KNOWN))).toEqual([]);
  });

  it.each(Object.entries(ERROR_CODES))('says of %s that it exits with %i', (code, exit) => {
    expect(sections.get(code)?.exit).toBe(exit);
  });

  it.each(Object.keys(ERROR_CODES))('explains %s, with an example and what to do', (code) => {
    const paragraphs = sections.get(code)?.text.split(/\n\n/).filter(Boolean) ?? [];
    expect(paragraphs).toHaveLength(4);
    expect(paragraphs[2]).toMatch(new RegExp(`^\`\`\`text\\nerror ${code} [^]+\\n\`\`\`$`));
  });

  it('has every exit code in its table', () => {
    const rows = [...DOC.matchAll(/^\| (\d+) +\|/gm)].map((match) => Number(match[1]));
    expect(rows).toEqual(Object.values(EXIT));
  });

  it('would be caught without a code, or with another exit', () => {
    expect(documented('### E_USAGE (exit 3)\n\ntext').get('E_USAGE')?.exit).toBe(3);
    expect(documented('### E_USAGE\n\ntext').size).toBe(0);
  });
});

describe('codes in src', () => {
  it('are all known', () => {
    expect([...USED].filter((code) => !(code in KNOWN))).toEqual([]);
    expect(codesIn({ file: 'a.ts', text: `throw new FedgenError('E_MADE_UP', "x")` })).toEqual(['E_MADE_UP']);
  });

  it('are all used', () => {
    expect(Object.keys(KNOWN).filter((code) => !USED.has(code))).toEqual([]);
  });
});
