/**
 * Calls only once it has been quiet for a while.
 *
 * @template {unknown[]} A
 * @param {(...args: A) => void} work
 * @param {number} quiet milliseconds
 */
export function later(work, quiet) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (/** @type {A} */ ...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), quiet);
  };
}
