/** The version of the line between kiosk and hub. A hub speaks this one and the one before it. [SYN-13] */
export const PROTOCOL = 2

/** Versions that a hub speaks, best first. */
export const PROTOCOLS: readonly number[] = [PROTOCOL, PROTOCOL - 1]
