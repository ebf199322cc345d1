import { html } from "../../html.js";
import { goOn, spending } from "../../stores/settings.js";
import { settingsWords as words } from "./words.js";

/** @param {number | null} usd */
const money = (usd) => (usd === null ? words.unpriced : words.money(usd));
/** @param {number} n */
const many = (n) => n.toLocaleString("en-GB");

/** @param {string} day */
const date = (day) => new Date(`${day}T12:00:00`).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** @param {{ name: string, one: any }} props */
const Row = ({ name, one: { cost_usd: cost, tokens } }) => html`
  <tr>
    <th scope="row">${name}</th>
    <td>${money(cost)}</td>
    <td>${many(tokens.input_tokens)}</td>
    <td>${many(tokens.output_tokens)}</td>
    <td>${many(tokens.cache_read_tokens)}</td>
    <td>${many(tokens.cache_write_tokens)}</td>
  </tr>
`;

/** What each of some things came to. @param {{ head: string, rows: [string, any][] }} props */
const Table = ({ head, rows }) => html`
  <div class="spent" tabindex="0" role="region" aria-label=${head}>
    <table class="figure">
      <thead><tr>${[head, ...words.columns].map((name) => html`<th key=${name} scope="col">${name}</th>`)}</tr></thead>
      <tbody>${rows.map(([name, one]) => html`<${Row} key=${name} name=${name} one=${one} />`)}</tbody>
    </table>
  </div>
`;

/** What models have cost; nothing where nothing counts it. */
export function Spending() {
  if (!spending.value) return null;
  const { today, days } = spending.value;
  /** @type {any[]} */
  const purposes = days.find((/** @type {any} */ one) => one.day === today.day)?.by_purpose ?? [];
  return html`
    <section class="settings-part" aria-labelledby="settings-spending">
      <h2 id="settings-spending">${words.spending}</h2>
      <p><strong>${today.cost_usd === null && today.calls ? words.todayUnpriced : words.today(money(today.cost_usd ?? 0))}</strong>, ${today.ceiling_usd === null ? words.noCeiling : words.ceiling(money(today.ceiling_usd))}.</p>
      ${today.turns === "asking" && html`<p>${words.asking} <button type="button" class="button small" onClick=${() => void goOn()}>${words.goOn}</button></p>`}
      ${today.background === "stopped" && html`<p class="hint">${words.stopped}</p>`}
      ${days.length === 0 && html`<p class="hint">${words.nothingSpent}</p>`}
      ${purposes.length > 0 && html`<${Table} head=${words.todayFor} rows=${purposes.map((one) => [words.purpose(one.purpose), one])} />`}
      ${days.length > 0 && html`
        <${Table} head=${words.day} rows=${days.map((/** @type {any} */ one) => [date(one.day), one])} />
        <p class="hint">${words.spentTokens}</p>
      `}
    </section>
  `;
}
