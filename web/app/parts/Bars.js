import { html } from "../html.js";
import { words } from "../words.js";

/** @param {{ reasons: Record<string, number> }} props why a thing ranked, as bars; the parts add up to its score */
export function Bars({ reasons }) {
  const given = Object.entries(reasons).filter(([, value]) => value > 0.0005);
  const whole = given.reduce((sum, [, value]) => sum + value, 0) || 1;
  const strongest = Math.max(...given.map(([, value]) => value), Number.EPSILON);
  return html`
    <ul class="bars" aria-label=${words.why.reasonsLabel}>
      ${given
        .sort((a, b) => b[1] - a[1])
        .map(([name, value]) => {
          const label = words.why.reasons[name] ?? name;
          const share = Math.round((value / whole) * 100);
          return html`<li key=${name} title=${words.why.strength(label, share)}>
            <span class="bar-name" aria-hidden="true">${label}</span>
            <span class="bar" aria-hidden="true"><span style=${{ width: `${(value / strongest) * 100}%` }}></span></span>
            <span class="sr-only">${words.why.strength(label, share)}</span>
          </li>`;
        })}
    </ul>
  `;
}
