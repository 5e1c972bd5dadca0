// Fields: answers are merged into the page without touching what has the focus.
import { isHeld, ready } from "./hold.js";
import { isSignedOut, say } from "./page.js";

// Fields whose value is put back even while somebody is in them.
export const forced = new Set();

export function fieldOf(element) {
  return element?.closest(".field") || null;
}

export function openFields() {
  return [...document.querySelectorAll(".field:has(> .mark [data-act])")];
}

export function jump(field) {
  if (!field) return false;
  field.closest("details")?.setAttribute("open", "");
  const control = field.querySelector("select, input:not([type=hidden]), textarea");
  control?.focus({ preventScroll: true });
  field.scrollIntoView({ block: "nearest" });
  return true;
}

export function act(field, name, more = {}) {
  const report = document.getElementById("report");
  const version = field.querySelector("[name=version]").value;
  return htmx.ajax("POST", report.dataset[name], {
    source: field.querySelector(".mark"),
    target: field.querySelector(".mark"),
    swap: "outerHTML",
    values: { path: field.dataset.path, version, ...more },
  });
}

function replace(old, fresh) {
  const active = document.activeElement;
  const within = old.contains(active) ? active.id : "";
  const typing = within && active.matches("textarea, input:not([type=checkbox])");
  if (typing) {
    if (forced.has(old.id)) active.value = fresh.querySelector(`#${within}`).value;
    old.querySelector(".mark")?.replaceWith(fresh.querySelector(".mark") || "");
    htmx.process(old);
    return;
  }
  old.replaceWith(fresh);
  htmx.process(fresh);
  if (within) document.getElementById(within)?.focus({ preventScroll: true });
}

// Rows that went are removed, rows that came are put where they belong; the others are merged.
function mergeRows(old, fresh) {
  const wanted = [...fresh.children].map((row) => row.id);
  for (const row of [...old.children]) if (!wanted.includes(row.id)) row.remove();
  [...fresh.children].forEach((row, index) => {
    const there = old.children[index];
    if (there?.id === row.id) return;
    old.insertBefore(row, there || null);
    htmx.process(row);
  });
}

// A field that waits for its own answer is not replaced by another one: its answer would get lost.
let answered = null;

function waits(old) {
  const sending = [old, ...old.querySelectorAll("*")].filter((part) => part.matches(".htmx-request"));
  return sending.some((part) => part !== answered);
}

function merge(incoming) {
  for (const fresh of [...incoming.querySelectorAll("[data-part]")]) {
    const all = document.querySelectorAll(`[data-part][id="${fresh.id}"]`);
    const old = [...all].find((element) => !incoming.contains(element));
    if (!old || !incoming.contains(fresh)) continue;
    if (fresh.dataset.part === "rows") mergeRows(old, fresh);
    else if (!old.isEqualNode(fresh) && !waits(old)) replace(old, fresh.cloneNode(true));
  }
  incoming.replaceChildren();
  document.dispatchEvent(new Event("merged"));
}

function light(ids) {
  for (const mark of document.querySelectorAll("#backdrop mark")) {
    const fields = mark.dataset.fields.split(" ");
    mark.classList.toggle("lit", ids.some((id) => fields.includes(id)));
  }
}

function saved(event) {
  const field = fieldOf(event.target);
  if (!field) return;
  const signedOut = isSignedOut(event.detail.xhr);
  field.classList.toggle("unsaved", signedOut || !event.detail.successful);
  showNumber(field);
  field.classList.toggle("filled", hasValue(field));
  field.querySelector("select")?.classList.toggle("blank", !hasValue(field));
  const status = event.detail.xhr?.status || 0;
  if (signedOut || [0, 403, 503].includes(status)) setTimeout(() => htmx.trigger(field, "change"), 2000);
}

// "1.2 cm" becomes what was stored, once nobody types there; what it became is said at once.
function showNumber(field) {
  const mark = field.querySelector(".mark");
  const shown = mark?.dataset.shown;
  if (shown === undefined) return;
  const control = field.querySelector("[name=value]");
  const unit = field.querySelector(".quantity small").textContent;
  const typed = control.value.trim();
  if (shown && typed.replace(",", ".").replace(unit, "").trim() !== shown) {
    const said = document.createElement("span");
    said.className = "say source";
    said.textContent = `${typed} → ${shown} ${unit}`;
    mark.append(said);
  }
  if (control !== document.activeElement) control.value = shown;
}

function hasValue(field) {
  const boxes = field.querySelectorAll("input[type=checkbox]");
  if (boxes.length) return [...boxes].some((box) => box.checked);
  return Boolean(field.querySelector("[name=value]")?.value);
}

export function setValue(field, text) {
  const boxes = field.querySelectorAll("input[type=checkbox]");
  for (const box of boxes) box.checked = text.split(",").includes(box.value);
  if (!boxes.length) field.querySelector("[name=value]").value = text;
  htmx.trigger(field, "change");
}

function clicked(event) {
  const button = event.target.closest("button");
  const field = fieldOf(button);
  if (!button || !field) return;
  if (button.dataset.act) {
    act(field, button.dataset.act).then(() => jump(openFields()[0]));
  } else if (button.dataset.choose !== undefined) {
    setValue(field, button.dataset.choose);
  } else if (button.dataset.again !== undefined) {
    button.closest(".mark").classList.remove("conflict");
    htmx.trigger(field, "change");
  } else if (button.dataset.take !== undefined) {
    button.closest(".mark").classList.remove("conflict");
    setValue(field, button.dataset.take);
  }
}

// Where two versions are shown, leaving the field is no choice between them.
function undecided(event) {
  if (event.target.matches(".field:has(> .mark.conflict)")) event.preventDefault();
}

// What was chosen before the scripts of the page had come is saved now.
function early() {
  const differs = (control) =>
    control.matches("select")
      ? control.value !== (control.querySelector("[selected]")?.value ?? "")
      : control.checked !== control.defaultChecked || control.value !== control.defaultValue;
  for (const field of document.querySelectorAll(".field")) {
    if ([...field.querySelectorAll("[name=value]")].some(differs)) htmx.trigger(field, "change");
  }
}

export function watchFields(report) {
  report.addEventListener("click", clicked);
  report.addEventListener("focusin", (event) => light([fieldOf(event.target)?.id || ""]));
  report.addEventListener("htmx:beforeRequest", undecided);
  report.addEventListener("htmx:afterRequest", saved);
  document.body.addEventListener("htmx:beforeSwap", (event) => { answered = event.detail.requestConfig.elt; });
  const taken = (event) => event.detail.target.id === "incoming" && merge(event.detail.target);
  document.body.addEventListener("htmx:oobAfterSwap", taken);
  document.body.addEventListener("htmx:afterSwap", taken);
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const added = event.detail.elt?.dataset?.add;
    if (!added || !event.detail.successful) return;
    const rows = document.querySelectorAll(`#g-${added.replaceAll("_", "-")}-rows > .row`);
    jump(rows[rows.length - 1]?.querySelector(".field"));
  });
  window.addEventListener("load", () => ready.then(() => isHeld() || early()));
  window.addEventListener("offline", () => say("No network. What you type is kept and sent later."));
  window.addEventListener("online", () => say(""));
}
