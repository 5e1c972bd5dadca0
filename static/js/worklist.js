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
  const query = new URLSearchParams(location.search);
  ["cursor", "signed", "none"].forEach((name) => query.delete(name));
  sessionStorage.setItem("worklist", query.toString());
}

function recall() {
  const query = new URLSearchParams(sessionStorage.getItem("worklist") || "");
  return new URLSearchParams(location.search).has("signed") && query.size ? query : null;
}

const chosen = recall();
if (chosen) location.replace(`/?${chosen}`);
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
    document.querySelector("#filters [name=search]").select();
  } else if (["1", "2", "3"].includes(event.key) && !typing && open(event.key)) {
    event.preventDefault();
  } else if (event.key === "Enter" && event.target.matches("[data-exam]") && open("1")) {
    event.preventDefault();
  }
});
if (document.activeElement === document.body) move(1);
