/** Small things kept in the browser; a browser that keeps nothing only forgets them. */

/** @param {Storage | undefined} storage @param {string} name */
function read(storage, name) {
  try {
    return storage?.getItem(name) ?? null;
  } catch {
    return null;
  }
}

/** @param {() => Storage} place */
function drawer(place) {
  /** @type {Storage | undefined} */
  let storage;
  try {
    storage = place();
  } catch {
    storage = undefined;
  }
  return {
    /** @param {string} name @returns {string | null} */
    get: (name) => read(storage, `mira.${name}`),
    /** @param {string} name @param {string | null} value null forgets it */
    put(name, value) {
      try {
        if (value === null) storage?.removeItem(`mira.${name}`);
        else storage?.setItem(`mira.${name}`, value);
      } catch {
        /* full or forbidden: the page still works, it only forgets */
      }
    },
  };
}

/** For good. */
export const kept = drawer(() => localStorage);
/** As long as this tab lives. */
export const keptHere = drawer(() => sessionStorage);
