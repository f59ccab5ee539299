import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Where Prisma is installed, by scripts/install-test-servers.mjs. */
const HOME = fileURLToPath(new URL('prisma/', import.meta.url));

/** What the tests use of a generated client. */
export interface PrismaModel {
  findMany(args?: object): Promise<Record<string, unknown>[]>;
  create(args: object): Promise<Record<string, unknown>>;
  updateMany(args: object): Promise<{ count: number }>;
  deleteMany(args: object): Promise<{ count: number }>;
}
export interface PrismaTransaction {
  readonly orders: PrismaModel;
  readonly fulfillment: PrismaModel;
  $queryRawUnsafe(text: string, ...values: unknown[]): Promise<Record<string, unknown>[]>;
}
export interface PrismaClient extends PrismaTransaction {
  $transaction<T>(fn: (tx: PrismaTransaction) => Promise<T>, options?: object): Promise<T>;
  $disconnect(): Promise<void>;
}

/** A client that Prisma has generated from a schema. */
export interface GeneratedPrisma {
  readonly connect: (connectionString: string) => PrismaClient;
  readonly remove: () => void;
}

/**
 * Checks a schema with Prisma's own command, and generates the client. Prisma's schema engine is a download that neither of the
 * two needs; any program stands in for it.
 */
export async function generatePrisma(schema: string): Promise<GeneratedPrisma> {
  mkdirSync(path.join(HOME, 'generated'), { recursive: true });
  const folder = mkdtempSync(path.join(HOME, 'generated', 'client-'));
  writeFileSync(path.join(folder, 'schema.prisma'), schema);
  writeFileSync(path.join(folder, 'prisma.config.mjs'), `export default { schema: './schema.prisma' };\n`);
  for (const verb of ['validate', 'generate']) {
    const { status, stdout, stderr, error } = spawnSync(
      process.execPath,
      [path.join(HOME, 'node_modules/prisma/build/index.js'), verb, '--config', 'prisma.config.mjs'],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
      },
    );
    if (status !== 0) throw new Error(`prisma ${verb}: ${stdout}${stderr}`, { cause: error });
  }
  const load = (file: string): Promise<unknown> => import(/* @vite-ignore */ pathToFileURL(file).href);
  const { PrismaClient: Client } = (await load(path.join(folder, 'prisma-client/client.ts'))) as {
    PrismaClient: new (options: object) => PrismaClient;
  };
  const { PrismaPg } = (await load(path.join(HOME, 'node_modules/@prisma/adapter-pg/dist/index.mjs'))) as {
    PrismaPg: new (config: object) => object;
  };
  return {
    connect: (connectionString) => new Client({ adapter: new PrismaPg({ connectionString, max: 4 }) }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
