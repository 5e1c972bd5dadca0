// Macros: a typed trigger shows what it stands for, Tab writes it; never without the key.
// Then Tab visits what is left to be written: [ ] and [a|b|c]. Everything else typed stays as it is.
import { sayBriefly } from "./page.js";
import { typeOver } from "./typing.js";

// The same places as reporting/placeholders.py.
const OPEN = /\[(?:(?:[^\S\n]|[_.…])*|[^[\]|\n]*(?:\|[^[\]|\n]*)+)\]/g;
const TYPED = /(?:^|[\s(])\.([a-z0-9][a-z0-9_-]*)$/i;
const TEXTS = "textarea[data-text]:not([readonly]), .field textarea:not([disabled])";
const LISTED = 6;
let macros = [];
let closed = "";

export const hasMacros = () => macros.length > 0;
export const defaultMacro = () => macros.find((macro) => macro.is_default);

function typed(area) {
  if (area.selectionStart !== area.selectionEnd) return "";
  return TYPED.exec(area.value.slice(0, area.selectionStart))?.[1].toLowerCase() || "";
}

function fitting(word) {
  if (word.length < 2) return [];
  const exact = macros.filter((macro) => macro.trigger === word);
  return exact.length ? exact.slice(0, 1) : macros.filter((macro) => macro.trigger.startsWith(word));
}

const places = (area) => [...area.value.matchAll(OPEN)].map((m) => ({ start: m.index, end: m.index + m[0].length, text: m[0] }));

function selected(area) {
  return places(area).find((place) => place.start === area.selectionStart && place.end === area.selectionEnd);
}

function options(area) {
  const place = selected(area);
  return place?.text.includes("|") ? place.text.slice(1, -1).split("|").map((part) => part.trim()) : [];
}

// What is written is a step of its own for taking back.
function write(area, start, end, text) {
  area.dispatchEvent(new Event("burst"));
  typeOver(area, start, end, text);
  area.dispatchEvent(new Event("burst"));
}

function visit(area, place) {
  area.setSelectionRange(place.start, place.end);
  show(area);
}

function expand(area, macro, start, end) {
  write(area, start, end, macro.text);
  const first = places(area).find((place) => place.start >= start && place.end <= start + macro.text.length);
  if (first) visit(area, first);
  else hide();
}

function hide() {
  document.getElementById("macro").hidden = true;
}

function span(name, text) {
  const made = document.createElement(name === "mark" ? "mark" : "span");
  if (name !== "mark") made.className = name;
  made.append(text);
  return made;
}

function key(text) {
  const cap = document.createElement("kbd");
  cap.textContent = text;
  return cap;
}

function preview(macro) {
  const head = span("say", `.${macro.trigger}, ${macro.origin} `);
  head.append(key("Tab"), " writes it");
  const parts = [head];
  let from = 0;
  for (const match of macro.text.matchAll(OPEN)) {
    parts.push(macro.text.slice(from, match.index), span("mark", match[0]));
    from = match.index + match[0].length;
  }
  return [...parts, macro.text.slice(from)];
}

function listed(found) {
  return found.slice(0, LISTED).map((macro) => {
    const line = span("say", `.${macro.trigger} `);
    line.append(macro.text.replace(/\s+/g, " ").slice(0, 60));
    return line;
  });
}

function content(area) {
  const list = options(area);
  if (list.length) {
    return list.slice(0, 9).map((option, index) => {
      const choice = span("choice", "");
      choice.append(key(`Alt ${index + 1}`), ` ${option || "(nothing)"}`);
      return choice;
    });
  }
  const word = typed(area);
  const found = word === closed ? [] : fitting(word);
  if (word !== closed) closed = "";
  return found.length === 1 ? preview(found[0]) : listed(found);
}

// Below the text and above everything else, so that nothing moves.
function show(area) {
  const panel = document.getElementById("macro");
  const parts = content(area);
  panel.hidden = !parts.length;
  if (!parts.length) return;
  panel.replaceChildren(...parts);
  const at = area.getBoundingClientRect();
  panel.style.width = `${Math.max(320, at.width)}px`;
  const lowest = window.innerHeight - panel.offsetHeight - 32;
  panel.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - panel.offsetWidth - 8))}px`;
  panel.style.top = `${Math.min(at.bottom + 2, lowest)}px`;
}

function tab(area, back) {
  const found = back ? [] : fitting(typed(area));
  if (found.length === 1 && !document.getElementById("macro").hidden) {
    const end = area.selectionStart;
    expand(area, found[0], end - typed(area).length - 1, end);
    return true;
  }
  const all = places(area);
  const next = back
    ? all.reverse().find((place) => place.end <= area.selectionStart)
    : all.find((place) => place.start >= area.selectionEnd);
  if (next) visit(area, next);
  return Boolean(next);
}

function pressed(event) {
  const area = event.target;
  if (!area.matches(TEXTS) || event.isComposing || event.ctrlKey || event.metaKey) return;
  const digit = event.altKey && /^Digit[1-9]$/.test(event.code) ? Number(event.code[5]) : 0;
  if (digit) {
    const option = options(area)[digit - 1];
    if (option === undefined) return;
    write(area, area.selectionStart, area.selectionEnd, option);
    show(area);
  } else if (event.key === "Escape" && !document.getElementById("macro").hidden) {
    closed = typed(area);
    hide();
  } else if (event.key !== "Tab" || event.altKey || !tab(area, event.shiftKey)) {
    return;
  }
  event.preventDefault();
}

export function writeDefault() {
  const area = document.activeElement;
  const macro = defaultMacro();
  if (!macro) sayBriefly("There is no default text for this exam.");
  else if (!area.matches(TEXTS) || area.value) sayBriefly("The default text goes into an empty text.");
  else expand(area, macro, 0, 0);
}

export function watchMacros(report) {
  const data = document.getElementById("macros");
  if (!data) return;
  macros = JSON.parse(data.textContent);
  const look = (event) => event.target.matches(TEXTS) && show(event.target);
  report.addEventListener("input", look);
  report.addEventListener("keydown", pressed);
  document.addEventListener("selectionchange", () => {
    const area = document.activeElement;
    if (area?.matches(TEXTS)) show(area);
  });
  report.addEventListener("focusout", hide);
  const follow = () => document.activeElement.matches(TEXTS) && show(document.activeElement);
  window.addEventListener("scroll", follow, { capture: true, passive: true });
}
