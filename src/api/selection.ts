import { suggestSimilar } from '../config/suggest.js';
import { FedgenError } from '../shared/errors.js';

/** A check as a selection sees it. */
interface Selectable {
  readonly code: string;
  readonly layer: string;
}

/** Codes of checks, or names of layers, as --only and --skip take them. */
export interface Selection {
  readonly only?: readonly string[] | undefined;
  readonly skip?: readonly string[] | undefined;
}

/**
 * The codes of the checks that a selection leaves.
 * @throws FedgenError E_USAGE with everything that is no code and no layer, and when nothing is left.
 */
export function selectChecks(checks: readonly Selectable[], selection: Selection): ReadonlySet<string> {
  const { only, skip = [] } = selection;
  const known = [...new Set(checks.flatMap(({ code, layer }) => [layer, code]))];
  refuseUnknown('there is no check and no layer named', [...(only ?? []), ...skip], known);
  const isNamed = (names: readonly string[], { code, layer }: Selectable): boolean =>
    names.includes(code) || names.includes(layer);
  const chosen = checks.filter((check) => (only ? isNamed(only, check) : true) && !isNamed(skip, check));
  if (chosen.length > 0) return new Set(chosen.map(({ code }) => code));
  throw new FedgenError('E_USAGE', '--only and --skip leave no check: nothing would be validated', {
    hint: `Layers and checks: ${known.join(', ')}.`,
  });
}

/**
 * Refuses waivers of checks that do not exist: they would waive nothing, and nobody would notice.
 * @throws FedgenError E_CONFIG_INVALID with all of them.
 */
export function assertKnownWaivers(
  waivers: readonly { readonly check: string }[],
  codes: readonly string[],
): void {
  const named = waivers.map(({ check }) => check);
  refuseUnknown('validate.waivers: there is no check named', named, codes, 'E_CONFIG_INVALID');
}

function refuseUnknown(
  complaint: string,
  names: readonly string[],
  known: readonly string[],
  code: 'E_USAGE' | 'E_CONFIG_INVALID' = 'E_USAGE',
): void {
  const unknown = [...new Set(names)].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const told = unknown.map((name) => {
    const similar = suggestSimilar(name, known);
    return similar === undefined ? `"${name}"` : `"${name}" (did you mean ${similar}?)`;
  });
  throw new FedgenError(code, `${complaint} ${told.join(', ')}`, {
    hint: `Known: ${known.join(', ')}.`,
    details: { unknown },
  });
}
