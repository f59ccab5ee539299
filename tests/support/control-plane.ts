import { loadControlPlane } from '../../src/packs/load.js';

/** How many scripts an empty database gets before those of its first target. */
export const CONTROL_PLANE_SCRIPTS = (await loadControlPlane()).scripts.length;
