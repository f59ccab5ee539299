import { createHash } from 'node:crypto';
import path from 'node:path';
import { composeFiles, type GeneratedFile } from '../render/compose.js';
import type { Target, TargetPlan } from '../plan/target.js';
import { engineOf, type RenderedTarget } from './engines.js';
import { loadSqlParser } from '../render/sql-parser.js';
import { FedgenError } from '../shared/errors.js';
import { VERSION } from '../shared/version.js';
import { prepare, renderControlPlane, type Prepared, type TargetOptions } from './options.js';
import { fileId } from '../render/compose.js';
import { renderDocuments, renderEngine, UNVERIFIED } from './renderings.js';
import { writeFiles } from './write-files.js';

/** Starts compiling the SQL grammar, on another thread: worth calling before work that keeps this one busy. */
export const warmUp = (): Promise<void> => loadSqlParser();

/** Options of {@link generate}. */
export interface GenerateOptions extends TargetOptions {
  /** The control plane's files as well, for who runs everything with psql. */
  readonly controlPlane?: boolean;
  /** Only the file with policies and grants, for a schema that stands already. */
  readonly rlsOnly?: boolean;
  /** Folder to write to; nothing is written when it is left out. */
  readonly outputDir?: string;
  /** `snowflake`: the files of the pack for that engine, which nothing here runs, in a folder of that name. */
  readonly engine?: 'postgres' | 'snowflake';
  /** Moment that is noted in the manifest. Left out, the same input gives the same bytes. */
  readonly timestamp?: Date;
}

/** What {@link generate} made. */
export interface GenerateResult {
  /** Key of the target in the ledger: the department id, or `pack:<name>`. */
  readonly target: string;
  /** Undefined for a shared pack. */
  readonly departmentId: string | undefined;
  /** The schema's name: what a provisioning service hands on. */
  readonly schema: string;
  /** The department's login role, or the group role of a shared pack's tenants. */
  readonly role: string;
  readonly pack: string;
  /** File names and contents, in the order in which psql runs them, then their rollbacks and the manifest. */
  readonly files: readonly GeneratedFile[];
  /** What must be known before the files are used. */
  readonly notes: readonly string[];
  /** Paths written, in the same order; empty without outputDir. */
  readonly written: readonly string[];
}

/**
 * Renders the SQL of a department or a shared pack, its rollback and a manifest with checksums. Needs no server.
 * @throws FedgenError E_USAGE, E_NAME_INVALID, E_PACK_*, E_VARIABLE_INVALID, E_TEMPLATE_INVALID, E_SQL_*,
 *   E_ROLLBACK_UNDERIVABLE, E_OUTPUT.
 */
export async function generate(options: GenerateOptions): Promise<GenerateResult> {
  const prepared = await prepare(options);
  const { engine = 'postgres' } = options;
  const verbs = await engineOf(prepared.pack);
  if (options.controlPlane === true && !verbs.hasControlPlane) throw withoutControlPlane(prepared);
  const rendered = await verbs.render(prepared, options.department);
  const { target } = rendered.plan;
  if (engine !== 'postgres') return generateFor(engine, rendered.plan, options);
  const targetFiles = rendered.files;
  const sqlFiles = options.rlsOnly
    ? targetFiles.filter((file) => file.name.startsWith('rls_policies_'))
    : targetFiles;
  const controlPlane = options.controlPlane ? await controlPlaneFiles(prepared) : [];
  const documents = renderDocuments(prepared.pack, rendered.plan);
  const files = [...controlPlane, ...sqlFiles, ...documents, manifest(rendered, sqlFiles, options.timestamp)];
  return {
    target: target.id,
    departmentId: prepared.departmentId,
    schema: target.schema,
    role: target.role ?? target.group ?? '',
    pack: prepared.pack.name,
    files,
    notes: [],
    written: options.outputDir === undefined ? [] : await writeFiles(options.outputDir, files),
  };
}

/** Another engine's files, with the documents of the pack. */
async function generateFor(
  engine: string,
  plan: TargetPlan,
  { outputDir }: GenerateOptions,
): Promise<GenerateResult> {
  const { pack, target } = plan;
  const files = [...renderEngine(pack, plan, engine), ...renderDocuments(pack, plan)];
  return {
    target: target.id,
    departmentId: undefined,
    schema: target.schema,
    role: target.group ?? '',
    pack: pack.name,
    files,
    notes: [UNVERIFIED],
    written: outputDir === undefined ? [] : await writeFiles(path.join(outputDir, engine), files),
  };
}

const withoutControlPlane = ({ pack }: Prepared): FedgenError =>
  new FedgenError(
    'E_USAGE',
    `pack ${pack.name} has no control plane: in ${pack.engine} there is only a ledger`,
    {
      hint: 'Leave --control-plane out. "fedgen apply" makes the ledger by itself.',
    },
  );

async function controlPlaneFiles(prepared: Prepared): Promise<GeneratedFile[]> {
  const { plan, scripts } = await renderControlPlane(prepared.settings);
  return composeFiles(plan, scripts, { schema: 'control_plane.sql' });
}

function manifest(
  { plan, scripts }: RenderedTarget,
  files: readonly GeneratedFile[],
  timestamp: Date | undefined,
): GeneratedFile {
  const content = {
    schemaVersion: 1,
    generator: `fedgen ${VERSION}`,
    ...(timestamp && { generatedAt: timestamp.toISOString() }),
    ...manifestTarget(plan.target),
    pack: { name: plan.pack.name, version: plan.pack.version },
    variables: plan.variables,
    files: files.map((file) => ({ name: file.name, sha256: sha256(file.content) })),
    scripts: scripts.map((script) => ({
      pack: script.source.pack,
      name: script.source.name,
      templateChecksum: script.templateChecksum,
      renderedChecksum: script.renderedChecksum,
      rollback:
        script.rollback.kind === 'sql' ? (script.rollback.derived ? 'derived' : 'written') : 'irreversible',
    })),
  };
  return { name: `manifest_${fileId(plan.target)}.json`, content: `${JSON.stringify(content, null, 2)}\n` };
}

function manifestTarget({ kind, id, name, schema, schemas, role, group }: Target): Record<string, unknown> {
  return kind === 'shared' ? { shared: { id, schemas, group } } : { department: { id, name, schema, role } };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
