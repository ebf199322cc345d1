/** Saying and answering anew: fetched once the conversation is there. */
import { signal } from "../html.js";

/** @type {import("../../vendor/signals.js").Signal<typeof import("../pages/chat/Anew.js") | null>} */
export const anew = signal(null);

export const fetchAnew = () => import("../pages/chat/Anew.js").then((found) => (anew.value = found), () => null);
