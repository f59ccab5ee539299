import { createRequire } from 'node:module';

const manifest: unknown = createRequire(import.meta.url)('../../package.json');

/** Version of this fedgen, from its package.json. */
export const VERSION = String(Reflect.get(Object(manifest), 'version'));
