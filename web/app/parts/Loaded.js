import { html, useEffect, useState } from "../html.js";
import { Problem } from "../lib/problem.js";
import { words } from "../words.js";
import { ProblemNote } from "./ProblemNote.js";

/** @type {WeakMap<() => Promise<any>, any>} */
const arrived = new WeakMap();

/** Fetch a part that is likely to be needed soon. @param {() => Promise<any>} load */
export const prefetch = (load) => load().then((found) => arrived.set(load, found), () => undefined);

/** A part of the page that is fetched when it is first needed. @param {{ load: () => Promise<any>, [prop: string]: unknown }} props */
export function Loaded({ load, ...props }) {
  const [part, setPart] = useState(() => arrived.get(load));
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (part) return;
    load().then(
      (found) => {
        arrived.set(load, found);
        setPart(() => found);
      },
      () => setLost(true),
    );
  }, [load]);
  if (lost) return html`<${ProblemNote} problem=${new Problem({ detail: words.problem.pageLost })} again=${() => location.reload()} label=${words.problem.reload} />`;
  return part ? html`<${part} ...${props} />` : null;
}
