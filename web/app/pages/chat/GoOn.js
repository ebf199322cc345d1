/** Leave to go on beyond the day's ceiling; fetched when that is reached. */
import { ask } from "../../api/client.js";
import { html } from "../../html.js";
import { asProblem } from "../../lib/problem.js";
import { askAgain } from "../../stores/chat.js";
import { update } from "../../stores/turn.js";
import { cost } from "./costWords.js";

/** @param {string} turnId */
async function goOn(turnId) {
  try {
    await ask("POST", "/api/spending/continue");
  } catch (error) {
    return update({ problem: asProblem(error) });
  }
  await askAgain(turnId);
}

/** @param {{ turnId: string }} props */
export const GoOn = ({ turnId }) => html`<button type="button" class="button small" onClick=${() => void goOn(turnId)}>${cost.goOn}</button>`;
