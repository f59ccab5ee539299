import type { Settings } from '../config/settings.js';
import type { FleetOptions } from './fleet-prepare.js';
import { mergeNamed } from './fleet-survey.js';
import { requirePlace, settingsIn } from './placement.js';

/** What is asked of one of several databases. */
export interface PartOptions<O extends FleetOptions> {
  readonly name: string;
  readonly options: O;
}

/**
 * What a call over many departments asks of each database. Departments that are named go where they are placed; patterns,
 * groups and the like ask every database. One of which nothing is asked is left out.
 * @throws FedgenError E_USAGE for a named department that belongs to no database.
 */
export function splitOver<O extends FleetOptions>(options: O, settings: Settings): PartOptions<O>[] {
  const placeNameOf = (id: string): string => requirePlace(settings, id).name;
  const { targets, plans } = options;
  const named = options.named && mergeNamed(options.named);
  const idPlaces = new Map(
    [...(targets ?? []).filter((each) => !each.includes('*')), ...(named ?? []).map(({ id }) => id)].map(
      (id) => [id, placeNameOf(id)],
    ),
  );
  return settings.databases.flatMap((place) => {
    const isHere = (id: string): boolean => (idPlaces.get(id) ?? place.name) === place.name;
    const part = {
      ...options,
      settings: settingsIn(settings, place),
      targets: targets?.filter(isHere),
      named: named?.filter(({ id }) => isHere(id)),
      plan: plans?.[place.name],
      plans: undefined,
    };
    const isNothing =
      (targets !== undefined && part.targets?.length === 0) ||
      (named !== undefined && part.named?.length === 0) ||
      (plans !== undefined && part.plan === undefined);
    return isNothing ? [] : [{ name: place.name, options: part }];
  });
}
