/** Where the page begins. */
import { html, render } from "./html.js";
import { startWatching } from "./stores/status.js";
import { App } from "./App.js";

const place = document.getElementById("app");
if (place) render(html`<${App} />`, place);
startWatching();
