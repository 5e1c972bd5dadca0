// The worklist by keyboard: one exam is current, digits open it.
import { isTyping } from "./page.js";

const rows = () => [...document.querySelectorAll("[data-exam]")];

function move(step) {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function open(key) {
  const row = document.activeElement.closest("[data-exam]");
  if (!row) return false;
  const button = row.querySelector(`[data-key="${key}"]`) || row.querySelector("[data-key]");
  button.click();
  return true;
}

// The editor goes on to the next exam under the filters that were chosen here.
function remember() {
  if (!document.getElementById("filters")) return;
  const query = new URLSearchParams(location.search);
  ["cursor", "signed", "none"].forEach((name) => query.delete(name));
  sessionStorage.setItem("worklist", query.toString());
}

function recall() {
  const query = new URLSearchParams(sessionStorage.getItem("worklist") || "");
  return new URLSearchParams(location.search).has("signed") && query.size ? query : null;
}

const chosen = recall();
if (chosen) location.replace(`${location.pathname}?${chosen}`);
else remember();
document.body.addEventListener("htmx:pushedIntoHistory", remember);

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const typing = isTyping(event.target);
  if (event.key === "ArrowDown" && !event.target.closest("select")) {
    event.preventDefault();
    move(1);
  } else if (event.key === "ArrowUp" && !event.target.closest("select")) {
    event.preventDefault();
    move(-1);
  } else if (event.key === "/" && !typing) {
    event.preventDefault();
    document.querySelector("#filters [name=search]")?.select();
  } else if (["1", "2", "3"].includes(event.key) && !typing && open(event.key)) {
    event.preventDefault();
  } else if (event.key === "Enter" && event.target.matches("[data-exam]") && open("1")) {
    event.preventDefault();
  }
});
// Back from a report: at its exam while that is open, else at the next one that waits.
function focusWhereOneWas() {
  const all = rows();
  const was = all.findIndex((row) => row.id === `exam-${sessionStorage.getItem("exam")}`);
  const open = all.slice(Math.max(0, was)).find((row, n) => (n === 0 ? !row.matches(".signed") : row.matches(".waiting")));
  const row = was < 0 ? all[0] : open || all[0];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

if (document.activeElement === document.body) focusWhereOneWas();
