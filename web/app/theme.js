/** Sets the chosen colours before the first paint; a classic script, so that it runs before anything shows. */
(() => {
  try {
    const chosen = localStorage.getItem("mira.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    /* a browser that keeps nothing follows the device */
  }
})();
