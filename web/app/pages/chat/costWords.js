/** What the page says of money; fetched where it is spoken of. */

const number = (/** @type {number} */ n) => n.toLocaleString("en-GB");

export const cost = {
  goOn: "Go on today",
  cached: (/** @type {number} */ read, /** @type {number} */ kept) => `${number(read)} of them from the cache, ${number(kept)} put there`,
  /** @param {number | null} usd */
  of: (usd) => `Cost: ${usd === null ? "not known, for this model has no price here" : usd ? `$${usd.toFixed(usd < 0.01 ? 4 : 2)}` : "none"}`,
};
