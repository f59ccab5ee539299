/** How long a validation waits for a lock: it must neither hold up the application nor hang behind it. */
export const LOCK_TIMEOUT_MS = 2_000;

/** Begins a transaction that writes nothing and waits for nobody for long. */
export const BEGIN_READING = `begin read only; set local lock_timeout = ${LOCK_TIMEOUT_MS}`;
