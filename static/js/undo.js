// Undo and redo without an end, over everything that was typed, chosen, attested or filled here.
// What is done to fields is taken back on the server, as an act of its own; texts are put back
// here and saved like anything typed. Nothing of it moves the focus.
import { fieldOf, forced } from "./fields.js";
import { sayBriefly } from "./page.js";
import { typeOver } from "./typing.js";

const BURST = 1000;
const LONG_AGO = -Infinity;
const WAIT = 4000;
const done = [];
const undone = [];
const unsaved = new Set();
const jobs = new Set();
let turn = Promise.resolve();
let applying = false;
let answer = null;

function did(step) {
  done.push(step);
  undone.length = 0;
}

function name(ids) {
  const label = document.getElementById(ids[0])?.querySelector("label")?.firstChild?.textContent;
  if (!label) return "the change";
  return ids.length > 1 ? `${label} and ${ids.length - 1} more` : label;
}

// Texts: what was typed in one go is one step.
function watchText(area) {
  let before = area.value;
  let last = LONG_AGO;
  area.addEventListener("input", () => {
    const now = performance.now();
    const step = done[done.length - 1];
    if (!applying && area.value !== before) {
      if (step?.area === area && now - last < BURST && !undone.length) step.after = area.value;
      else did({ area, before, after: area.value });
    }
    before = area.value;
    last = applying ? LONG_AGO : now;
  });
  for (const end of ["blur", "burst"]) area.addEventListener(end, () => { last = LONG_AGO; });
}

function put(area, text) {
  const old = area.value;
  let start = 0;
  while (start < Math.min(old.length, text.length) && old[start] === text[start]) start += 1;
  let end = 0;
  while (end < Math.min(old.length, text.length) - start && old.at(-1 - end) === text.at(-1 - end)) end += 1;
  applying = true;
  typeOver(area, start, old.length - end, text.slice(start, text.length - end));
  applying = false;
}

async function until(condition) {
  const end = performance.now() + WAIT;
  while (!condition() && performance.now() < end) await new Promise((go) => setTimeout(go, 20));
  return condition();
}

// What was typed in a field and not sent yet becomes an act first.
function settled() {
  for (const field of unsaved) if (field.isConnected) htmx.trigger(field, "change");
  return until(() => ![...unsaved].some((field) => field.isConnected));
}

async function onServer(step) {
  const report = document.getElementById("report");
  answer = null;
  let status = 0;
  const seen = (event) => { status = event.detail.xhr?.status || 0; };
  const incoming = document.getElementById("incoming");
  incoming.addEventListener("htmx:afterRequest", seen, { once: true });
  await htmx.ajax("POST", report.dataset.undo, {
    source: incoming, target: incoming, swap: "innerHTML", values: { act: step.act },
  }).catch(() => {});
  incoming.removeEventListener("htmx:afterRequest", seen);
  return status;
}

function show(step, verb) {
  const left = answer?.left ? ` ${answer.left} changed since and stay.` : "";
  sayBriefly(`${verb}: ${step.name}.${left}`);
  document.getElementById(step.fields?.[0])?.scrollIntoView({ block: "nearest" });
}

async function take(from, to, verb) {
  if (!(await settled())) {
    sayBriefly("What you typed is kept, but not saved yet. Take it back once the server answers.");
    return;
  }
  const step = from.pop();
  if (!step) {
    sayBriefly("Nothing more to take back.");
  } else if (step.area) {
    put(step.area, to === undone ? step.before : step.after);
    to.push(step);
    show({ name: step.area.labels[0]?.textContent || "the text" }, verb);
  } else {
    const status = await onServer(step);
    if (answer) {
      to.push({ ...step, act: answer.act });
      show({ ...step, fields: answer.fields }, verb);
    } else if (![404, 409, 422].includes(status)) {
      // No answer, or signed out: it can be tried again.
      from.push(step);
    }
  }
}

// One at a time, in the order of the keys.
function queue(...steps) {
  turn = turn.then(() => take(...steps), () => take(...steps));
  return turn;
}

export const undo = () => queue(done, undone, "Taken back");
export const redo = () => queue(undone, done, "Done again");

function acted(event) {
  const { act, fields, left } = event.detail;
  if (event.target.id === "incoming" || event.detail.elt?.id === "incoming") {
    answer = { act, fields, left };
    fields.forEach((id) => forced.add(id));
  } else {
    did({ act, name: name(fields), fields });
  }
}

// A fill that has come in is a step like any other; its id is that of the act.
function noteFill() {
  const line = document.getElementById("fill");
  if (!line?.matches(".success") || jobs.has(line.dataset.job)) return;
  jobs.add(line.dataset.job);
  did({ act: line.dataset.job, name: "the fill" });
}

export function watchUndo(report) {
  const changed = (event) => {
    const field = fieldOf(event.target);
    if (field) unsaved.add(field);
  };
  report.addEventListener("input", changed);
  report.addEventListener("change", changed);
  document.body.addEventListener("htmx:afterRequest", (event) => {
    // Refused is answered too: the text stays in its field, with the reason.
    const answered = event.detail.successful || [409, 422].includes(event.detail.xhr?.status);
    if (answered) unsaved.delete(event.detail.elt);
    noteFill();
  });
  document.body.addEventListener("acted", acted);
  document.addEventListener("merged", () => forced.clear());
  document.querySelectorAll("textarea[data-text]").forEach(watchText);
  jobs.add(document.getElementById("fill")?.dataset.job);
}
