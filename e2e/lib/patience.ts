/** Builds with a sanitizer are several times slower; their limits are wider by this factor. */
export const patience = /asan|tsan/.test(process.env.PLENUM_E2E_PRESET ?? process.env.PLENUM_BIN ?? '')
  ? 4
  : 1;

/** How long the tests wait for anything that has to happen, in ms. */
export const soon = 15_000 * patience;
