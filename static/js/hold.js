// One page writes in a report. This one says that it is there, is told when another has it, and
// takes it over by one key. Until the server has answered nothing is sent.
import { page, post } from "./http.js";
import { say } from "./page.js";

const EVERY = 10000;
const READS = ["KeyC", "KeyJ", "KeyP", "KeyQ", "KeyU", "KeyV", "KeyX", "KeyY"];
const WRITERS = "#findings :is(button, select, input, textarea), .fill-bar button, .sign-bar button, #steps :is(button, select, textarea)";
let known;
let held = false;

// Resolves when it is known whether this page may write, or when nobody answers.
export const ready = new Promise((go) => { known = go; });
export const isHeld = () => held;

async function claim(report, previous) {
  if (held) return;
  const values = previous ? { page, previous } : { page };
  await post(report.dataset.hold, values).catch(() => {});
}

async function takeOver(report) {
  const answer = await post(report.dataset.takeOver, { page }).catch(() => null);
  if (answer?.status === 204) location.reload();
  else say("The report could not be taken over. Try again in a moment.");
}

// What has the focus stays open, so that no key is lost; what it becomes is kept.
function close() {
  if (!held) return;
  for (const control of document.querySelectorAll(WRITERS)) {
    const isText = control.matches("[data-text]");
    if (!isText && control !== document.activeElement) control.disabled = true;
  }
}

function lose(message) {
  const line = document.getElementById("held");
  line.querySelector("span").textContent = message;
  line.hidden = false;
  line.closest(".editor").classList.add("held");
  held = true;
  document.querySelector("dialog#sign[open]")?.close();
  close();
}

function pressed(event, report) {
  if (!held || event.metaKey) return;
  if (event.altKey && event.code === "KeyW") {
    event.preventDefault();
    takeOver(report);
  } else if ((event.altKey && event.code.startsWith("Key") && !READS.includes(event.code)) || (event.ctrlKey && event.key === "Enter")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    say("Another page writes in this report. Alt W takes it over.");
  }
}

// A tab that is loaded again gives the report to its new page.
function before() {
  const previous = sessionStorage.getItem("page");
  sessionStorage.removeItem("page");
  return previous;
}

export function watchHold(report) {
  if (!report.dataset.open) {
    known();
    return;
  }
  document.addEventListener("held", (event) => {
    event.isFirst = !report.dataset.asked;
    lose(event.detail);
  });
  document.addEventListener("merged", close);
  document.addEventListener("keydown", (event) => pressed(event, report));
  document.querySelector("#held button").addEventListener("click", () => takeOver(report));
  claim(report, before()).then(() => {
    report.dataset.asked = "1";
    known();
  });
  setInterval(() => claim(report), EVERY);
  window.addEventListener("pageshow", (event) => event.persisted && claim(report, before()));
  window.addEventListener("pagehide", () => {
    sessionStorage.setItem("page", page);
    if (!held) post(report.dataset.release, { page }, { keepalive: true });
  });
}
