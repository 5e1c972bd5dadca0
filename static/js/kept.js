// What was typed or chosen in a field and is not saved yet, kept in the browser: a page that was
// left, reloaded or signed out loses nothing. It comes back with the version that it was typed
// over, so that what somebody else wrote meanwhile is a conflict and not overwritten.
import { fieldOf, setValue } from "./fields.js";
import { isHeld, ready } from "./hold.js";
import { isSignedOut, sayBriefly } from "./page.js";

let key = "";

const read = () => JSON.parse(localStorage.getItem(key) || "{}");

function write(kept) {
  if (Object.keys(kept).length) localStorage.setItem(key, JSON.stringify(kept));
  else localStorage.removeItem(key);
}

function valueOf(field) {
  const boxes = [...field.querySelectorAll("input[type=checkbox]")];
  if (boxes.length) return boxes.filter((box) => box.checked).map((box) => box.value).join(",");
  return field.querySelector("[name=value]").value;
}

function keep(event) {
  const field = fieldOf(event.target);
  if (!field?.dataset.path) return;
  const version = field.querySelector("[name=version]").value;
  write({ ...read(), [field.dataset.path]: { value: valueOf(field), version } });
}

function drop(path) {
  const { [path]: dropped, ...others } = read();
  if (dropped) write(others);
}

// Saved is what was sent; what was typed since then stays kept.
function saved(event) {
  const field = fieldOf(event.target);
  const { xhr } = event.detail;
  if (!field?.dataset.path || xhr.status !== 200 || isSignedOut(xhr)) return;
  const sent = event.detail.requestConfig.formData.getAll("value").join(",");
  if (sent === valueOf(field)) drop(field.dataset.path);
}

function restore() {
  const names = [];
  for (const [path, { value, version }] of Object.entries(read())) {
    const field = document.querySelector(`.field[data-path="${CSS.escape(path)}"]`);
    if (!field || valueOf(field) === value) {
      drop(path);
      continue;
    }
    field.querySelector("[name=version]").value = version;
    setValue(field, value);
    names.push(field.querySelector("label").firstChild.textContent);
  }
  if (names.length) sayBriefly(`Restored, as it was not saved: ${names.join(", ")}`);
}

export function watchKept(report) {
  key = `fields/${report.dataset.reader}/${report.dataset.report}`;
  if (!report.dataset.open) {
    localStorage.removeItem(key);
    return;
  }
  report.addEventListener("input", keep);
  report.addEventListener("change", keep);
  report.addEventListener("htmx:beforeOnLoad", saved);
  window.addEventListener("load", () => ready.then(() => isHeld() || restore()));
}
