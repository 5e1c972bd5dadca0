// The list of the checks in the dialog of the signature: one key to a place, to a reason, to a record.
import { jump } from "./fields.js";

const links = () => [...document.querySelectorAll("#sign-reasons [data-check] > :first-child")];
const itemOf = (element) => element?.closest("[data-check]");

// Fetches the list; the page goes on without it when the server does not answer.
export async function loadChecks(dialog) {
  const list = document.getElementById("sign-reasons");
  await htmx.ajax("GET", dialog.dataset.checks, { target: list, swap: "outerHTML" }).catch(() => {});
}

// The first finding has the focus; without findings the password keeps it.
export function focusChecks() {
  const first = links()[0];
  (first || document.getElementById("sign-password"))?.focus();
}

function select(area, link) {
  area.focus();
  const { start, end } = link.dataset;
  if (start !== end) area.setSelectionRange(Number(start), Number(end));
}

export function jumpTo(link) {
  const place = document.getElementById(link.dataset.jump);
  if (place?.matches("textarea")) select(place, link);
  else if (!jump(place?.matches(".field") ? place : place?.querySelector(".field"))) place?.focus();
}

function step(by) {
  const all = links();
  const at = all.indexOf(itemOf(document.activeElement)?.firstElementChild);
  all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
}

function open(selector) {
  const here = itemOf(document.activeElement) || document.querySelector("[data-check]");
  here?.querySelector(`${selector} input:not([type=hidden])`)?.focus();
}

const actions = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  o: () => open(".override"),
  t: () => open(".told"),
};

function pressed(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const input = event.target.closest("input");
  if (input) {
    // Escape leaves the line and keeps its words; a second one closes the dialog.
    if (event.key !== "Escape" || !itemOf(input)) return;
    event.preventDefault();
    itemOf(input).firstElementChild.focus();
    return;
  }
  if (event.target.closest("button")) return;
  const link = /^[1-9]$/.test(event.key) && links()[Number(event.key) - 1];
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!link && !action) return;
  event.preventDefault();
  if (link) link.click();
  else action();
}

export function watchChecks(dialog) {
  dialog.addEventListener("keydown", pressed);
  dialog.addEventListener("htmx:afterSettle", () => {
    if (dialog.open && !dialog.contains(document.activeElement)) focusChecks();
    else if (dialog.open && document.activeElement === dialog) focusChecks();
  });
}
