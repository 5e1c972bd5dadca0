// On to the next exam of the worklist, in its order and the same mode, also right after signing.
import { token } from "./http.js";
import { say } from "./page.js";
import { sign } from "./sign.js";
import { flushTexts } from "./texts.js";

let goesOn = false;

export async function nextExam() {
  await flushTexts();
  const report = document.getElementById("report");
  if (!report.dataset.next) return location.assign(report.dataset.list);
  const form = document.createElement("form");
  form.method = "post";
  form.action = report.dataset.next;
  const query = sessionStorage.getItem("worklist") || "";
  const values = { csrfmiddlewaretoken: token(), after: report.dataset.exam, mode: report.dataset.mode, query };
  for (const [name, value] of Object.entries(values)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

export async function signAndGoOn() {
  await sign();
  const dialog = document.getElementById("sign");
  if (!dialog?.open) return;
  goesOn = true;
  say("Once it is signed, the next exam opens.");
}

export function watchNext() {
  sessionStorage.setItem("exam", document.getElementById("report").dataset.exam);
  document.getElementById("sign")?.addEventListener("close", () => {
    if (goesOn) say("");
    goesOn = false;
  });
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    const signed = event.detail.xhr.getResponseHeader("HX-Redirect");
    if (!goesOn || !signed || !event.detail.elt.closest("#sign")) return;
    event.preventDefault();
    nextExam();
  });
}
