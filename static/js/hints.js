// The line at the foot of the page: the keys that work where the focus is. Its place is reserved.
import { fieldOf } from "./fields.js";
import { offered } from "./priors.js";
import { defaultMacro, hasMacros } from "./macros.js";

const options = (select) => [...select.options].filter((option) => option.value);

// Lists whose own words begin with digits are left to the browser.
const numbered = (select) => !options(select).some((option) => /^\d/.test(option.label));
const boxes = (field) => [...field.querySelectorAll("input[type=checkbox]")];

function pick(event) {
  const field = fieldOf(event.target);
  if (!field || !/^[0-9]$/.test(event.key)) return false;
  const at = Number(event.key) - 1;
  if (event.target.matches("select") && numbered(event.target)) {
    const option = at < 0 ? event.target.options[0] : options(event.target)[at];
    if (option && !option.selected) {
      option.selected = true;
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    }
    return true;
  }
  if (!event.target.matches("input[type=checkbox]") || !boxes(field)[at]) return false;
  boxes(field)[at].focus();
  boxes(field)[at].click();
  return true;
}

function letter(event) {
  if (!event.target.matches(".field input[type=checkbox]") || !/^\p{L}$/u.test(event.key)) return false;
  const all = boxes(fieldOf(event.target));
  const from = all.indexOf(event.target) + 1;
  const begins = (box) => box.parentElement.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase());
  [...all.slice(from), ...all.slice(0, from)].find(begins)?.focus();
  return true;
}

function choices(labels) {
  return labels.slice(0, 9).map((label, index) => [String(index + 1), label]);
}

function ofControl(control, field) {
  if (control.matches("select")) {
    const list = numbered(control) ? choices(options(control).map((option) => option.label)) : [];
    return [...list, ["A–Z", "first letters"], ...(list.length ? [["0", "empty"]] : [])];
  }
  if (control.matches("input[type=checkbox]")) {
    return [...choices(boxes(field).map((box) => box.parentElement.textContent.trim())), ["Space", "choose"]];
  }
  if (control.matches("textarea")) return MACRO();
  const unit = field.querySelector(".quantity small")?.textContent;
  if (unit === "mm") return [["", "mm; 1.2 cm becomes 12 mm"]];
  return unit ? [["", unit]] : [];
}

const COMMON = [["Alt U", "next to check"], ["Alt E", "next empty"], ["Alt J", "go to"], ["Alt Z", "take back"], ["Alt S", "sign"]];

const MACRO = () => (hasMacros() ? [[".name Tab", "macro"]] : []);

function ofPrior(field) {
  const offer = offered(field);
  return offer ? [[offer.copies ? "Alt F" : "", `${offer.day}: ${offer.text}`]] : [];
}

function ofText(area) {
  const fill = area.id === "conclusion" && document.getElementById("fill-button") ? [["Ctrl ⏎", "fill"]] : [];
  const usual = !area.value && defaultMacro() ? [["Alt M", `default .${defaultMacro().trigger}`]] : [];
  return [...fill, ...usual, ...MACRO(), ...COMMON];
}

function hintsFor(element) {
  const field = fieldOf(element);
  if (!field) return element.matches("textarea[data-text]") ? ofText(element) : COMMON;
  const open = field.querySelector(".mark [data-act=confirm]") ? [["Alt A", "right"], ["Alt R", "wrong"]] : [];
  return [...open, ...ofPrior(field), ...ofControl(element, field), ["Alt ↓", "next"], ["Alt J", "go to"], ["Alt Z", "take back"]];
}

function showHints(hints) {
  const line = document.getElementById("hints");
  line?.replaceChildren(...hints.map(([key, text]) => {
    const hint = document.createElement("span");
    if (key) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      hint.append(cap);
    }
    hint.append(` ${text}`);
    return hint;
  }));
}

export function watchHints() {
  if (!document.getElementById("hints")) return;
  const show = () => showHints(hintsFor(document.activeElement));
  document.addEventListener("focusin", show);
  document.addEventListener("input", show);
  document.addEventListener("merged", show);
  document.addEventListener("priors", show);
  document.body.addEventListener("htmx:afterSwap", show);
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !fieldOf(event.target)) return;
    if (pick(event) || letter(event)) event.preventDefault();
  });
  show();
}
