import { parseDocument } from 'yaml';
import { rawPackSchema, type RawPack } from './schema.js';

/** pack.yaml as read, or everything that is wrong with it. */
export type ManifestResult = { readonly manifest: RawPack } | { readonly problems: readonly string[] };

/** Parses the text of a pack.yaml. Its own module, because yaml and zod take as long to load as Node to start. */
export function parseManifest(text: string): ManifestResult {
  const document = parseDocument(text);
  if (document.errors.length > 0) return { problems: document.errors.map((error) => error.message) };
  const parsed = rawPackSchema.safeParse(document.toJS());
  if (parsed.success) return { manifest: parsed.data };
  return {
    problems: parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`),
  };
}
