// Going anywhere by letters: sections, fields, rows. Enter goes, Esc is back where one was.
import { jump } from "./fields.js";

const text = (element) => (element?.firstChild?.textContent || "").trim();
const words = (label) => label.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
let places = [];
let shown = [];
let at = 0;

function fieldPlace(field, section) {
  const group = text(field.closest("fieldset")?.querySelector("legend"));
  const row = field.closest(".row")?.querySelector("strong")?.textContent.trim() || "";
  const main = field.closest(".companion")?.parentElement.querySelector(":scope > .field > label");
  const names = [section, row || group, text(main), text(field.querySelector("label"))].filter(Boolean);
  const aside = field.closest(".companion") !== null;
  return { aside, label: [...new Set(names)].join(" › "), words: words(names.slice(1).join(" ")), section: words(section), field };
}

function collect() {
  const areas = [...document.querySelectorAll("textarea[data-text]")].map((area) => {
    const label = area.labels[0].textContent;
    return { label, words: words(label), section: [], area };
  });
  const parts = [...document.querySelectorAll(".part[data-section]")].flatMap((part) => {
    const label = part.querySelector("h2").textContent;
    const fields = [...part.querySelectorAll(".field:not(.off)")].map((field) => fieldPlace(field, label));
    const key = part.dataset.shortcut;
    return [{ label, words: words(label), section: [], key, field: part.querySelector(".field"), part }, ...fields];
  });
  return [...areas, ...parts];
}

// 0 is best; Infinity does not fit. Letters begin words, in order: "gw" or "ga wa" is gallbladder, wall.
function rank(place, query) {
  const asked = words(query);
  if (!asked.length) return place.part || place.area ? 0 : Infinity;
  if (place.key === query.trim().toLowerCase()) return 0;
  const all = [...place.section, ...place.words];
  const begins = (list) => {
    let from = 0;
    return asked.every((word) => {
      const found = list.slice(from).findIndex((one) => one.startsWith(word));
      from += found + 1;
      return found >= 0;
    });
  };
  if (begins(place.words)) return place.part || place.area ? 1 : place.words[0].startsWith(asked[0]) ? 2 : 3;
  if (begins(all)) return 4;
  if (asked.length === 1 && asked[0].length > 1 && all.map((word) => word[0]).join("").includes(asked[0])) return 5;
  return Infinity;
}

function mark(index) {
  at = Math.max(0, Math.min(shown.length - 1, index));
  const list = document.getElementById("jump-list");
  [...list.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === at)));
  list.children[at]?.scrollIntoView({ block: "nearest" });
  document.getElementById("jump-text").setAttribute("aria-activedescendant", shown.length ? `jump-${at}` : "");
}

function filter() {
  const query = document.getElementById("jump-text").value;
  const fits = places.map((place, order) => ({ place, order, rank: rank(place, query) }));
  shown = fits.filter((one) => one.rank < Infinity)
    .sort((a, b) => a.rank - b.rank || Boolean(a.place.aside) - Boolean(b.place.aside) || a.order - b.order).slice(0, 40).map((one) => one.place);
  document.getElementById("jump-list").replaceChildren(...shown.map((place, index) => {
    const item = document.createElement("li");
    item.id = `jump-${index}`;
    item.setAttribute("role", "option");
    item.textContent = place.label;
    if (place.key) {
      const key = document.createElement("kbd");
      key.textContent = place.key;
      item.prepend(key, " ");
    }
    return item;
  }));
  document.getElementById("jump-none").hidden = shown.length > 0;
  mark(0);
}

function go(dialog) {
  const place = shown[at];
  if (!place) return;
  dialog.close();
  if (place.area) place.area.focus();
  else jump(place.field);
  place.part?.scrollIntoView({ block: "start" });
}

export function openJump() {
  const dialog = document.getElementById("jump");
  places = collect();
  document.getElementById("jump-text").value = "";
  filter();
  dialog.showModal();
}

export function watchJump() {
  const dialog = document.getElementById("jump");
  dialog.addEventListener("input", filter);
  dialog.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
    if (event.key in steps) mark(at + steps[event.key]);
    else if (event.key === "Enter" && !event.isComposing) go(dialog);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    mark([...item.parentElement.children].indexOf(item));
    go(dialog);
  });
}
