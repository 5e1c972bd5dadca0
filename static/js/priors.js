// The patient's earlier reports: a panel that follows the draft, and what a field takes from them.
// Opening it moves neither the focus nor the findings; it stays as it was left.
import { act, fieldOf, forced } from "./fields.js";
import { sayBriefly } from "./page.js";

const PAUSE = 400;
const root = document.documentElement;
let timer = 0;
let asked = 0;

const panel = () => document.getElementById("priors");
const radios = () => [...panel().querySelectorAll("[name=prior]")];
const chosen = () => radios().find((radio) => radio.checked)?.value || "";
const offers = () => JSON.parse(document.getElementById("prior-offers")?.textContent || "{}");

// What the prior says of a field that has no value; nothing where it has one.
export function offered(field) {
  if (!field || field.matches(".filled") || !document.getElementById("prior-offers")) return null;
  const { day, fields } = offers();
  const offer = fields?.[field.id];
  return offer ? { ...offer, day } : null;
}

function put(element, text) {
  if (element.dataset.shown === text) return;
  const at = element.scrollTop;
  element.innerHTML = text;
  element.dataset.shown = text;
  element.scrollTop = at;
}

async function load({ only = "" } = {}) {
  const turn = (asked += 1);
  const query = new URLSearchParams({ only, prior: chosen() });
  const answer = await fetch(`${panel().dataset.url}?${query}`, { redirect: "manual" }).catch(() => null);
  if (turn !== asked) return;
  const body = document.getElementById("priors-body");
  const view = document.getElementById("prior-view");
  if (!answer?.ok) put(view || body, '<p class="hint">The earlier reports cannot be shown now.</p>');
  else put(only && view ? view : body, await answer.text());
  document.dispatchEvent(new Event("priors"));
}

function show() {
  const open = root.dataset.priors === "open";
  document.getElementById("priors-open").setAttribute("aria-expanded", String(open));
  if (open) load();
}

export function togglePriors() {
  root.dataset.priors = root.dataset.priors === "open" ? "closed" : "open";
  localStorage.setItem("priors", root.dataset.priors);
  show();
}

export function otherPrior(by) {
  if (root.dataset.priors !== "open") togglePriors();
  const all = radios();
  const next = all[all.findIndex((radio) => radio.checked) + by];
  if (!next) return;
  next.checked = true;
  next.scrollIntoView({ block: "nearest" });
  load({ only: "view" });
}

export function copyForward() {
  const field = fieldOf(document.activeElement);
  if (!field) {
    sayBriefly("Go to an empty field: it takes the value of the prior report.");
    return;
  }
  forced.add(field.id);
  act(field, "forward", { prior: offers().prior || "" });
}

export function toggleComparison() {
  htmx.ajax("POST", panel().dataset.compare, {
    source: "#comparison", target: "#comparison", swap: "outerHTML", values: { prior: chosen() },
  });
}

export function watchPriors() {
  if (!panel()) return;
  const later = () => {
    if (root.dataset.priors !== "open") return;
    clearTimeout(timer);
    timer = setTimeout(() => load({ only: "view" }), PAUSE);
  };
  document.addEventListener("merged", later);
  document.body.addEventListener("htmx:afterRequest", later);
  document.getElementById("priors-open").addEventListener("click", togglePriors);
  panel().addEventListener("change", () => load({ only: "view" }));
  // To choose a report is not to write one.
  panel().addEventListener("input", (event) => event.stopPropagation());
  show();
}
