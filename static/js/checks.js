// The list of the checks in the dialog of the signature: one key to a place, to a reason, to a record.
import { jump } from "./fields.js";

const links = () => [...document.querySelectorAll("#sign-reasons [data-check] > :first-child")];
const itemOf = (element) => element?.closest("[data-check]");

// Whoever types a password without looking must not jump away by a digit in it.
let isTyping = false;

// Fetches the list; the page goes on without it when the server does not answer.
export async function loadChecks(dialog) {
  const list = document.getElementById("sign-reasons");
  await htmx.ajax("GET", dialog.dataset.checks, { target: list, swap: "outerHTML" }).catch(() => {});
}

// The first finding has the focus; without findings the password keeps it.
export function focusChecks() {
  isTyping = false;
  const first = links()[0];
  (first || document.querySelector("#sign-password, #sign button.main"))?.focus();
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

// The line of the finding that has the focus, or else the first of its kind.
function open(selector) {
  const line = `${selector} input:not([type=hidden])`;
  const here = itemOf(document.activeElement)?.querySelector(line);
  (here || document.querySelector(`#sign-reasons ${line}`))?.focus();
}

const steps = { ArrowDown: 1, ArrowUp: -1 };
const lines = { o: ".override", t: ".told" };
function pressed(event) {
  if (event.ctrlKey || event.metaKey) return;
  const letter = event.code.startsWith("Key") ? event.code[3].toLowerCase() : event.key;
  if (event.altKey) {
    if (!lines[letter]) return;
    event.preventDefault();
    open(lines[letter]);
  } else if (event.target.closest("input")) {
    leave(event);
  } else if (steps[event.key]) {
    event.preventDefault();
    isTyping = false;
    step(steps[event.key]);
  } else if (/^[1-9]$/.test(event.key) && !isTyping) {
    event.preventDefault();
    links()[Number(event.key) - 1]?.click();
  } else if (event.key.length === 1) {
    isTyping = true;
  }
}

// Escape leaves the line and keeps its words; a second one closes the dialog.
function leave(event) {
  const item = itemOf(event.target);
  if (event.key !== "Escape" || !item) return;
  event.preventDefault();
  item.firstElementChild.focus();
}

export function watchChecks(dialog) {
  dialog.addEventListener("keydown", pressed);
  dialog.addEventListener("htmx:afterSettle", () => {
    const active = document.activeElement;
    if (dialog.open && (active === dialog || !dialog.contains(active))) focusChecks();
  });
}
