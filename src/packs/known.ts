import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RawPack } from './schema.js';

/** A template as Nunjucks compiles it, and what a check of its source found (see render/template-check.ts). */
export interface KnownTemplate {
  readonly code: string;
  readonly facts: unknown;
}

/**
 * What the build worked out for the texts that come with fedgen, by the checksum of the text. Whoever edits a text
 * changes its checksum, and it is worked out again at run time: nothing here can be out of date.
 */
export interface Known {
  readonly manifests: Readonly<Record<string, RawPack>>;
  readonly templates: Readonly<Record<string, KnownTemplate>>;
  /** Checksums of rendered texts in which every value was found in its place (see render/quoted-values.ts). */
  readonly judged: readonly string[];
  /** How many statements they have, by the checksums of those that were read and found right (see render/render.ts). */
  readonly read: Readonly<Record<string, number>>;
}

/** Nothing is known: everything is worked out at run time. */
export const NOTHING_KNOWN: Known = { manifests: {}, templates: {}, judged: [], read: {} };

let known: Promise<Known> | undefined;

/** Reads what the build left beside the compiled code; nothing when fedgen runs from its sources. */
export function loadKnown(): Promise<Known> {
  known ??= readFile(new URL('../known.json', import.meta.url), 'utf8').then(
    (text) => JSON.parse(text) as Known,
    () => NOTHING_KNOWN,
  );
  return known;
}

/** The key of a text in {@link Known}. */
export const textKey = (text: string): string => createHash('sha256').update(text).digest('hex');
