import path from 'node:path';
import { kyselyTypes } from '../codegen/kysely-types.js';
import { prismaSchema } from '../codegen/prisma-schema.js';
import { readTables } from '../codegen/tables.js';
import { defaultSettings } from '../config/settings.js';
import { loadPack } from '../packs/load.js';
import { prepare, renderTarget, type CommonOptions } from './options.js';
import { writeFiles } from './write-files.js';

/** Options of {@link generateCode}. */
export interface GenerateCodeOptions extends Pick<CommonOptions, 'settings'> {
  /** `types`: TypeScript for Kysely and `fedgen/client/kysely`. `prisma`: a schema for Prisma 7. */
  readonly kind: 'types' | 'prisma';
  /** Pack to use instead of the configured one. */
  readonly pack?: string;
  /** Values of the pack's variables; they win over the configured ones. */
  readonly variables?: Readonly<Record<string, string>>;
  /** File to write; nothing is written when it is left out. */
  readonly file?: string;
}

/** What {@link generateCode} made. */
export interface GenerateCodeResult {
  readonly pack: string;
  readonly content: string;
  /** Path written; undefined without `file`. */
  readonly written: string | undefined;
}

/** Whose tables are read where each department has the same: what they hold does not depend on it. */
const ANY = { departmentId: 'department', department: 'Department' };

/**
 * Writes a pack's tables down for what an application queries them with. Needs no server.
 * @throws FedgenError E_NAME_INVALID, E_PACK_*, E_VARIABLE_INVALID, E_TEMPLATE_INVALID, E_SQL_*, E_OUTPUT.
 */
export async function generateCode(options: GenerateCodeOptions): Promise<GenerateCodeResult> {
  const { kind, file, pack: name, ...rest } = options;
  const settings = options.settings ?? defaultSettings();
  const pack = await loadPack(name ?? settings.pack, settings.packDirs);
  const prepared = await prepare({
    ...rest,
    pack: pack.name,
    ...(pack.tenancy === 'schema' && ANY),
  });
  const { plan, scripts } = await renderTarget(prepared, { name: ANY.department });
  const tables = readTables(
    scripts.flatMap(({ up }) => up.statements),
    plan.target.schema,
  );
  const content = (kind === 'types' ? kyselyTypes : prismaSchema)(pack, plan.target, tables);
  if (file === undefined) return { pack: pack.name, content, written: undefined };
  const [written] = await writeFiles(path.dirname(file), [{ name: path.basename(file), content }]);
  return { pack: pack.name, content, written };
}
