import { html } from "../../html.js";
import { goOn, spending } from "../../stores/settings.js";
import { settingsWords as words } from "./words.js";

/** @param {number | null} usd */
const money = (usd) => (usd === null ? words.unpriced : words.money(usd));
/** @param {number} n */
const many = (n) => n.toLocaleString("en-GB");

/** @param {{ day: any }} props */
const Day = ({ day }) => html`
  <tr>
    <th scope="row">${new Date(`${day.day}T12:00:00`).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" })}</th>
    <td>${money(day.cost_usd)}</td>
    <td>${many(day.tokens.input_tokens)}</td>
    <td>${many(day.tokens.output_tokens)}</td>
    <td>${many(day.tokens.cache_read_tokens)}</td>
    <td>${many(day.tokens.cache_write_tokens)}</td>
  </tr>
`;

/** What models have cost; nothing where nothing counts it. */
export function Spending() {
  if (!spending.value) return null;
  const { today, days } = spending.value;
  return html`
    <section class="settings-part" aria-labelledby="settings-spending">
      <h2 id="settings-spending">${words.spending}</h2>
      <p><strong>${today.cost_usd === null && today.calls ? words.todayUnpriced : words.today(money(today.cost_usd ?? 0))}</strong>, ${today.ceiling_usd === null ? words.noCeiling : words.ceiling(money(today.ceiling_usd))}.</p>
      ${today.turns === "asking" && html`<p>${words.asking} <button type="button" class="button small" onClick=${() => void goOn()}>${words.goOn}</button></p>`}
      ${today.background === "stopped" && html`<p class="hint">${words.stopped}</p>`}
      ${days.length === 0 && html`<p class="hint">${words.nothingSpent}</p>`}
      ${days.length > 0 && html`
        <div class="spent" tabindex="0" role="region" aria-labelledby="settings-spending">
          <table class="figure">
            <thead><tr>${words.columns.map((name) => html`<th key=${name} scope="col">${name}</th>`)}</tr></thead>
            <tbody>${days.map((/** @type {any} */ day) => html`<${Day} key=${day.day} day=${day} />`)}</tbody>
          </table>
        </div>
        <p class="hint">${words.spentTokens}</p>
      `}
    </section>
  `;
}
