/** What the page says of money; fetched where it is spoken of. */

const number = (/** @type {number} */ n) => n.toLocaleString("en-GB");
const dollars = (/** @type {number} */ usd) => `$${usd.toFixed(usd < 0.01 ? 4 : 2)}`;

export const cost = {
  goOn: "Go on today",
  cached: (/** @type {number} */ read, /** @type {number} */ kept) => `${number(read)} of them from the cache, ${number(kept)} put there`,
  /** @param {number | null} usd */
  of: (usd) => `Cost: ${usd === null ? "not known, for this model has no price here" : usd ? dollars(usd) : "none"}`,
  /** @param {import("../../api/types.js").Trace["spent"]} spent @returns {string} nothing when it cost nothing */
  aside: (spent = []) => {
    const usd = spent.reduce((sum, one) => sum + (one.purpose === "touchstone" ? (one.cost_usd ?? 0) : 0), 0);
    return usd ? `, of it ${dollars(usd)} to see what this is about` : "";
  },
};
