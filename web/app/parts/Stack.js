import { html } from "../html.js";

/** @typedef {{ name: string, size: number, label: string, tone?: string }} Share */

/** @param {{ shares: Share[], label: string }} props sizes beside one another, with what each is below */
export function Stack({ shares, label }) {
  const whole = shares.reduce((sum, share) => sum + share.size, 0) || 1;
  return html`
    <div class="stack" role="img" aria-label=${`${label}: ${shares.map((share) => `${share.name} ${share.label}`).join(", ")}`}>
      ${shares.map((share, index) => html`<span key=${share.name} class=${`share tone-${share.tone ?? index % 6}`} style=${{ flexGrow: share.size / whole }} title=${`${share.name}: ${share.label}`}></span>`)}
    </div>
    <ul class="legend" aria-hidden="true">
      ${shares.map((share, index) => html`<li key=${share.name}><span class=${`swatch tone-${share.tone ?? index % 6}`}></span>${share.name}<span class="figure">${share.label}</span></li>`)}
    </ul>
  `;
}
