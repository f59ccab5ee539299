import { asking, identify, proving } from './enter.js';
import { parseOptions, type WithTenantOptions } from './options.js';
import type { Answer, Step } from './together.js';

/** Runs a statement in the open transaction and gives its rows as objects, in the order of the columns. */
export type RunStatement = (text: string, values: string[]) => Promise<readonly object[]>;

/** Who asks; timeouts, signals and isolation are those of the library that keeps the transaction. */
export type EnterTenantOptions = Pick<
  WithTenantOptions,
  'pack' | 'tenancy' | 'tenantId' | 'identity' | 'userId' | 'role' | 'rolePrefix' | 'token'
>;

/**
 * Makes an open transaction the tenant's, for libraries that keep the transaction themselves, such as Prisma: until it ends,
 * and for nothing after it. Use {@link withTenant} where it can be used: it also watches over the connection. Outside a
 * transaction it fails, since nothing it sets outlives a statement there.
 * @throws FedgenError E_TENANT_REFUSED when the database does not take the caller for this tenant; E_USAGE, E_NAME_INVALID.
 */
export async function enterTenant(run: RunStatement, options: EnterTenantOptions): Promise<void> {
  const context = parseOptions(options);
  const ask = async (steps: readonly Step[]): Promise<Answer[]> => {
    const answers: Answer[] = [];
    for (const { text, values } of steps) {
      const rows = await asking(context, () =>
        run(
          text,
          (values ?? []).map((value) => value ?? ''),
        ),
      );
      answers.push({ row: Object.values(rows[0] ?? {}).map(textOf), tag: '' });
    }
    return answers;
  };
  await proving(context, identify(context), ask);
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
