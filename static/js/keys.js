// Every action has a key. All of them need Alt or Ctrl, so that typing and dictation stay typing.
import { act, fieldOf, jump, openFields } from "./fields.js";
import { fill } from "./fill.js";
import { openJump } from "./jump.js";
import { writeDefault } from "./macros.js";
import { nextExam, signAndGoOn } from "./next.js";
import { copyReport, togglePreview } from "./output.js";
import { copyForward, otherPrior, toggleComparison, togglePriors } from "./priors.js";
import { sign } from "./sign.js";
import { isTyping } from "./page.js";
import { togglePause } from "./timing.js";
import { redo, undo } from "./undo.js";

const fields = () => [...document.querySelectorAll(".field")].filter((f) => f.offsetParent !== null);

function step(by) {
  const all = fields();
  const at = all.indexOf(fieldOf(document.activeElement));
  jump(at < 0 ? all[0] : all[at + by]);
}

function nextOpen() {
  const open = openFields();
  const all = [...document.querySelectorAll(".field")];
  const at = all.indexOf(fieldOf(document.activeElement));
  jump(open.find((field) => all.indexOf(field) > at) || open[0]);
}

function isEmpty(field) {
  const control = field.querySelector("[name=value]");
  return control && !control.disabled && !field.matches(".filled, .companion .field");
}

// Beyond the last one it begins again; where everything is filled, the focus stays.
function nextEmpty() {
  const all = [...document.querySelectorAll(".field:not(.off)")];
  const at = all.indexOf(fieldOf(document.activeElement));
  jump([...all.slice(at + 1), ...all.slice(0, at + 1)].find(isEmpty));
}

function section(by) {
  const all = [...document.querySelectorAll(".part")];
  const at = all.indexOf(document.activeElement.closest(".part"));
  const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
  jump(next?.querySelector(".field"));
  next?.scrollIntoView({ block: "start" });
}

async function decide(name) {
  const here = fieldOf(document.activeElement);
  const field = here?.querySelector(".mark [data-act]") ? here : openFields()[0];
  if (!field) return;
  await act(field, name);
  nextOpen();
}

function rest() {
  const part = document.activeElement.closest(".part");
  part?.querySelector("[data-rest]")?.click();
}

const actions = {
  u: nextOpen,
  e: nextEmpty,
  j: openJump,
  a: () => decide("confirm"),
  r: () => decide("reject"),
  n: rest,
  N: () => document.getElementById("rest-all")?.click(),
  z: undo,
  Z: redo,
  m: writeDefault,
  c: () => document.getElementById("conclusion").focus(),
  s: sign,
  S: signAndGoOn,
  x: nextExam,
  p: togglePause,
  v: togglePreview,
  y: copyReport,
  b: togglePriors,
  B: toggleComparison,
  f: copyForward,
  ",": () => otherPrior(-1),
  ".": () => otherPrior(1),
  q: (report) => location.assign(report.dataset.list),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  PageDown: () => section(1),
  PageUp: () => section(-1),
};

export function watchKeys(report) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter") {
      event.preventDefault();
      fill();
      return;
    }
    // Inside a text the browser's own undo stays what it is.
    const text = isTyping(event.target) && !event.target.matches("select");
    const control = (event.ctrlKey || event.metaKey) && !event.altKey && !text;
    if (control && ["KeyZ", "KeyY"].includes(event.code) && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      (event.shiftKey || event.code === "KeyY" ? redo : undo)();
      return;
    }
    if (!event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const letter = event.code.startsWith("Key") ? event.code[3].toLowerCase() : event.key;
    const name = event.shiftKey && letter.length === 1 ? letter.toUpperCase() : letter;
    if (!Object.hasOwn(actions, name)) return;
    event.preventDefault();
    actions[name](report);
  });
}
