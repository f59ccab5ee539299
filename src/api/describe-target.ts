import { prepare, type TargetOptions } from './options.js';

/** A target as a person is asked about it before it goes. */
export interface TargetDescription {
  /** What the person has to type: the department id, or the pack's name. */
  readonly name: string;
  /** What removing all of it destroys, as a sentence without its full stop. */
  readonly destruction: string;
}

/**
 * Tells what a verb would work on, without connecting.
 * @throws FedgenError E_NAME_INVALID, E_PACK_NOT_FOUND, E_PACK_INVALID, E_USAGE.
 */
export async function describeTarget(options: TargetOptions): Promise<TargetDescription> {
  const { departmentId, pack } = await prepare(options);
  if (departmentId !== undefined) {
    return { name: departmentId, destruction: `This drops schema and role of department "${departmentId}"` };
  }
  const name = pack.family;
  return {
    name,
    destruction: `This drops schemas and roles of pack "${name}" with the rows of all its tenants`,
  };
}
